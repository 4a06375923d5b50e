"""People by mmdet, with a stand-in for that package: its network's output is made up."""
import importlib.machinery
import sys
import types

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData

from mmaction_d3d.errors import InputError
from mmaction_d3d.extraction.detector import DetectedPeople


@pytest.fixture
def detector(monkeypatch, tmp_path):
    """Builds a detector of ``classes`` that finds boxes, scores, labels; notes what it got."""

    def build(classes=('cat', 'person'), boxes=(), scores=(), labels=()):
        got = {}

        def init_detector(cfg, checkpoint, device):
            got.update(checkpoint=checkpoint, device=device)
            return types.SimpleNamespace(dataset_meta=dict(classes=classes))

        def inference_detector(network, image):
            got.update(image=image, scope=DefaultScope.get_current_instance().scope_name)
            detections = InstanceData(bboxes=torch.tensor(boxes).reshape(-1, 4),
                                      scores=torch.tensor(scores), labels=torch.as_tensor(labels))
            return types.SimpleNamespace(pred_instances=detections)

        package, apis = types.ModuleType('mmdet'), types.ModuleType('mmdet.apis')
        package.__spec__ = importlib.machinery.ModuleSpec('mmdet', None)
        apis.init_detector, apis.inference_detector = init_detector, inference_detector
        monkeypatch.setitem(sys.modules, 'mmdet', package)
        monkeypatch.setitem(sys.modules, 'mmdet.apis', apis)
        (tmp_path / 'd.py').write_text('model = dict()\n')
        (tmp_path / 'd.pth').write_bytes(b'')
        return DetectedPeople(str(tmp_path / 'd.py'), str(tmp_path / 'd.pth'), 'cpu'), got

    return build


def test_sure_people_are_found_once_and_the_surest_is_first(detector):
    boxes = [(0., 0, 10, 20), (50., 0, 60, 20), (1., 0, 11, 20), (90., 0, 99, 9), (70., 0, 80, 20)]
    people, got = detector(boxes=boxes, scores=[.6, .9, .7, .4, .95], labels=[1, 1, 1, 1, 0])
    frame = np.zeros((20, 100, 3), np.uint8)
    frame[..., 0] = 255  # red
    people_of_frame = people.open(None)(0, frame)
    np.testing.assert_array_equal(people_of_frame, [boxes[1], boxes[2]])
    assert got['image'][0, 0].tolist() == [0, 0, 255]  # mmdet wants BGR
    assert got['scope'] == 'mmdet'
    assert DefaultScope.get_current_instance().scope_name == 'mmaction'


def test_nobody_is_no_box(detector):
    people, _ = detector(labels=torch.zeros(0, dtype=int))
    assert people.find(np.zeros((4, 4, 3), np.uint8)).shape == (0, 4)


def test_a_detector_of_other_things_is_refused(detector):
    with pytest.raises(InputError, match='classes: found cat, dog, want person among them'):
        detector(classes=('cat', 'dog'))


def test_without_mmdet_the_ways_without_it_are_named():
    with pytest.raises(InputError, match='mmdet: found nothing, want .*--boxes and --whole-frame'):
        DetectedPeople('mmdet::rtmdet/rtmdet_m_8xb32-300e_coco.py')


def test_where_mmdet_is_installed_it_finds_people_unless_told_otherwise(monkeypatch):
    from mmaction_d3d.extraction import SkeletonExtractor, WholeFrame, extractor
    built = []
    monkeypatch.setattr(extractor.importlib.util, 'find_spec', lambda name: name)
    monkeypatch.setattr(extractor, 'DetectedPeople', lambda *args: built.append(args) or 'people')
    backend = types.SimpleNamespace(top_down=True, layout='coco17')
    assert SkeletonExtractor(backend, device='cpu').people == 'people'
    assert built == [('mmdet::rtmdet/rtmdet_m_8xb32-300e_coco.py', None, 'cpu')]
    SkeletonExtractor(backend, people=WholeFrame())
    backend.top_down = False
    SkeletonExtractor(backend)
    assert len(built) == 1
