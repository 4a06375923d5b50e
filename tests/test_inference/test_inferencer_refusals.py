"""What D3DInferencer refuses, and mistakes that do not end its run."""
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference import D3DInferencer
from mmaction_d3d.inference import model as model_module

from .support import CLASSES, StandIn, scores


def test_a_pickle_of_other_joints_or_classes_is_refused(tiny, tmp_path):
    content = dict(annotations=tiny.data.annotations)
    for fields, message in ((dict(layout='h36m17'),
                             'layout: found h36m17, want coco17, as the mod'),
                            (dict(layout='coco17', classes=list(CLASSES)[::-1]), 'classes: found')):
        path = tmp_path / 'a.pkl'
        path.write_bytes(pickle.dumps(dict(content, **fields)))
        with pytest.raises(InputError, match=message):
            D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', skeletons=str(path))


def test_a_frame_smaller_than_the_crop_is_an_error(tiny):
    cfg = Config.fromfile(tiny.config)
    cfg.test_dataloader.dataset.pipeline[3].crop_size = 100
    special = D3DInferencer(cfg, tiny.checkpoint, 'cpu', str(tiny.data.ann_file),
                            show_progress=False)
    assert 'frame size before the crop: found 40x50' in special(
        tiny.video())['predictions'][0]['error']


def test_one_broken_file_does_not_end_the_run(inferencer, tiny, tmp_path, from_pickle):
    broken = tmp_path / 'a_broken.mp4'
    broken.write_bytes(b'no video')
    answer = inferencer([str(broken), tiny.video(0), tiny.video(1)], out_dir=str(tmp_path / 'out'),
                        video=False)
    assert 'a_broken.mp4: video: found' in answer['predictions'][0]['error']
    assert np.allclose([prediction['scores'] for prediction in answer['predictions'][1:]],
                       scores(from_pickle), atol=1e-6)
    assert 'error' in json.loads((tmp_path / 'out' / 'a_broken.json').read_text())


def test_clips_that_the_model_refuses_do_not_end_the_run(inferencer, tiny, monkeypatch):
    score = model_module.LoadedModel.score

    def refuse(self, clips, attention=False):
        if len(clips) == 2:
            raise InputError('model input', 'imgs', 'too small', 'more')
        return score(self, clips, attention)

    monkeypatch.setattr(model_module.LoadedModel, 'score', refuse)
    assert [
        'error' in prediction for prediction in inferencer(str(tiny.data.video_dir))['predictions']
    ] == [True, True]
    assert 'error' not in inferencer(tiny.video())['predictions'][0]


def test_a_device_that_is_not_there_is_refused(tiny):
    with pytest.raises(InputError, match='device: found nowhere'):
        D3DInferencer(tiny.config, tiny.checkpoint, 'nowhere')


def wrong(change, says):
    return pytest.param(change, says, id=change.__name__)


def other_length(clip):
    for key in ('keypoint', 'keypoint_score'):
        clip[key] = clip[key][:, :9]
    clip['total_frames'] = 9


def other_layout(clip):
    for key in ('keypoint', 'keypoint_score'):
        clip[key] = clip[key][:, :, :13]


def other_name(clip):
    clip['frame_dir'] = 'elsewhere'


@pytest.mark.parametrize('change, says', [
    wrong(other_length, r'annotations\[0\] \(clip0\).total_frames: found 9, want 16'),
    wrong(other_layout, r'keypoint: found 13 joints, want 17'),
    wrong(other_name, r'annotations: found no annotation named clip0, want one')
])
def test_skeletons_that_do_not_fit_are_refused(tiny, tmp_path, change, says):
    content = pickle.loads(tiny.data.ann_file.read_bytes())
    change(content['annotations'][0])
    (tmp_path / 'x.pkl').write_bytes(pickle.dumps(content))
    special = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', str(tmp_path / 'x.pkl'),
                            show_progress=False)
    with pytest.raises(InputError, match=says):
        raise InputError(special(tiny.video())['predictions'][0]['error'])


@pytest.mark.parametrize(
    'key, length, says',
    [('cls_head.classifier.weight', 1, r'tiny.pth: classes: found 1, want 2, as num_classes'),
     ('backbone.pose_tokens.joint_embed', 13, r'joints a person: found 13, want 17, as layout'),
     ('cls_head.norm.weight', 5, r'state_dict: found .*\(cls_head.norm.weight is')])
def test_a_checkpoint_that_does_not_fit_is_refused(tiny, tmp_path, key, length, says):
    content = torch.load(tiny.checkpoint)
    content['state_dict'][key] = content['state_dict'][key][:length]
    path = tmp_path / 'tiny.pth'
    torch.save(content, path)
    with pytest.raises(InputError, match=says):
        D3DInferencer(tiny.config, str(path), 'cpu')


def test_a_checkpoint_of_other_class_names_is_refused(tiny, tmp_path):
    config = tmp_path / 'named.py'
    config.write_text(
        Path(tiny.config).read_text() +
        "test_dataloader['dataset']['metainfo'] = dict(classes=['rises', 'falls'])")
    with pytest.raises(InputError, match='classes: found falls, rises, want rises, falls'):
        D3DInferencer(str(config), tiny.checkpoint, 'cpu')


def test_an_extractor_of_other_joints_is_refused(tiny):
    with pytest.raises(InputError, match='layout: found coco17, want penn13'):
        D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', extractor=StandIn({}, 'penn13'))


def test_neither_checkpoint_nor_pickle_runs_code(tiny, tmp_path):

    class Harmful:

        def __reduce__(self):
            return (tmp_path / 'ran').touch, ()

    torch.save(dict(state_dict={}, meta=Harmful()), tmp_path / 'bad.pth')
    with pytest.raises(InputError, match='bad.pth: checkpoint: found .*harmful'):
        D3DInferencer(tiny.config, str(tmp_path / 'bad.pth'), 'cpu')
    (tmp_path / 'bad.pkl').write_bytes(pickle.dumps([Harmful()]))
    with pytest.raises(InputError, match='bad.pkl: global: found'):
        D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', tmp_path / 'bad.pkl')
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize('arguments, says', [(dict(window=0), 'window: found 0'),
                                             (dict(window=1, stride=2), 'stride: found 2 s'),
                                             (dict(window=1, stride=-1), 'stride: found -1'),
                                             (dict(window=1, smooth=-1), 'smooth: found')])
def test_wrong_windows_are_refused(inferencer, tiny, arguments, says):
    with pytest.raises(InputError, match=says):
        inferencer(tiny.video(), **arguments)


def test_an_unknown_compile_mode_is_refused(tiny):
    with pytest.raises(InputError, match="compile_mode: found fast, want one of default, "):
        D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', compile_mode='fast')
