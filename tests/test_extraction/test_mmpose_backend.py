"""Networks of mmpose give what mmpose's own functions give, in their own registry scope."""
import json
import os
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmaction_d3d.errors import InputError
from mmaction_d3d.extraction import MMPoseBackend, SkeletonExtractor
from mmaction_d3d.extraction.upstream import scope

from .conftest import CONFIG

COCO = Path(__file__).parents[3] / 'shared' / 'data' / 'coco'


def own(infer, config, checkpoint, image, *args):
    """N x V x 3 as mmpose's own functions find them, in the BGR image."""
    with warnings.catch_warnings(), scope('mmpose'):
        warnings.simplefilter('ignore')
        from mmpose import apis
        network = apis.init_model(str(config), str(checkpoint), device='cpu')
        poses = getattr(apis, infer)(network, image, *args)
    return np.concatenate([
        np.concatenate(
            [each.pred_instances.keypoints, each.pred_instances.keypoint_scores[..., None]], -1)
        for each in poses
    ])


@pytest.fixture(scope='module')
def backend(flip_config, pose_checkpoint):
    return MMPoseBackend(str(flip_config), str(pose_checkpoint), 'cpu')


def noise(seed, shape=(90, 120, 3)):
    rng = np.random.default_rng(seed)
    return cv2.GaussianBlur(rng.integers(0, 256, shape, np.uint8), (0, 0), 2)


def test_coordinates_are_those_of_inference_topdown(backend, flip_config, pose_checkpoint):
    boxes = np.array([[5, 8, 60, 80], [30.5, 2.25, 119, 88.5], [-10, 20, 50, 140]], np.float32)
    crops, wanted = [], []
    for seed in range(3):  # all frames and boxes in one batch, flip test included
        image = noise(seed)
        crops += backend.prepare(image[..., ::-1], boxes)
        wanted.append(own('inference_topdown', flip_config, pose_checkpoint, image, boxes))
    poses, wanted = np.concatenate(backend.predict(crops)), np.concatenate(wanted)
    assert backend.network.cfg.model.test_cfg.flip_test
    np.testing.assert_allclose(poses[..., :2], wanted[..., :2], atol=0.01)
    np.testing.assert_allclose(poses[..., 2], np.clip(wanted[..., 2], 0, 1), atol=1e-4)
    assert np.ptp(wanted[..., 0]) > 20  # the network's maxima are not all in one place


@pytest.mark.skipif(not COCO.is_dir(), reason='needs the COCO images')
def test_coordinates_on_real_images_with_true_boxes(backend, flip_config, pose_checkpoint):
    content = json.loads((COCO / 'test_coco.json').read_text())
    for info in content['images']:
        image = cv2.imread(str(COCO / os.path.basename(info['file_name'])))
        boxes = np.array(
            [note['bbox'] for note in content['annotations'] if note['image_id'] == info['id']],
            np.float32)
        boxes[:, 2:] += boxes[:, :2]
        wanted = own('inference_topdown', flip_config, pose_checkpoint, image, boxes)
        poses = np.concatenate(backend.predict(backend.prepare(image[..., ::-1], boxes)))
        np.testing.assert_allclose(poses[..., :2], wanted[..., :2], atol=0.01)


def test_a_bottom_up_network_finds_people_itself(tmp_path, people_video):
    """Associative embedding at a fraction of its width, against mmpose's own function."""
    import torch
    codec = dict(type='AssociativeEmbedding', input_size=(64, 64), heatmap_size=(16, 16), sigma=2,
                 decode_keypoint_order=list(range(17)), decode_max_instances=5)
    cfg = Config.fromfile(CONFIG)
    cfg.model.type = 'BottomupPoseEstimator'
    cfg.model.head = dict(type='AssociativeEmbeddingHead', in_channels=8, num_keypoints=17,
                          tag_dim=1, tag_per_keypoint=True, deconv_out_channels=None, decoder=codec,
                          keypoint_loss=dict(type='KeypointMSELoss', use_target_weight=True),
                          tag_loss=dict(type='AssociativeEmbeddingLoss'))
    cfg.model.test_cfg = dict(multiscale_test=False, flip_test=True, shift_heatmap=False,
                              align_corners=False)
    cfg.test_dataloader.dataset.data_mode = 'bottomup'
    cfg.test_dataloader.dataset.pipeline = [
        dict(type='LoadImage'),
        dict(type='BottomupResize', input_size=(64, 64), size_factor=32, resize_mode='expand'),
        dict(
            type='PackPoseInputs',
            meta_keys=('id', 'img_path', 'ori_shape', 'img_shape', 'input_size', 'input_center',
                       'input_scale', 'flip', 'flip_direction', 'flip_indices', 'raw_ann_info'))
    ]
    config, checkpoint = tmp_path / 'ae.py', tmp_path / 'ae.pth'
    cfg.dump(config)
    with warnings.catch_warnings(), scope('mmpose'):
        warnings.simplefilter('ignore')
        from mmpose.apis import init_model
        torch.manual_seed(0)
        network = init_model(cfg, None, 'cpu')
    torch.nn.init.normal_(network.head.final_layer.weight)
    torch.nn.init.uniform_(network.head.final_layer.bias, 0.3, 0.5)
    torch.save(dict(state_dict=network.state_dict()), checkpoint)
    backend = MMPoseBackend(str(config), str(checkpoint), 'cpu')
    image = noise(0, (64, 64, 3))
    wanted = own('inference_bottomup', config, checkpoint, image)
    poses, = backend.predict(backend.prepare(image[..., ::-1], None))
    assert not backend.top_down and len(poses) == len(wanted) > 1
    sizes, step = [], backend.network.test_step
    backend.network.test_step = lambda data: sizes.append(len(data['inputs'])) or step(data)
    again = backend.predict(backend.prepare(image[..., ::-1], None) * 2)
    backend.network.test_step = step
    assert sizes == [1, 1]  # CID takes one frame at a time
    np.testing.assert_array_equal(again, [poses, poses])
    np.testing.assert_allclose(poses[..., :2], wanted[..., :2], atol=0.01)
    video = people_video('a.mp4', [[(20, 30)] * 3], size=(64, 64))
    skeletons = SkeletonExtractor(backend, max_persons=3)(video)
    assert skeletons['keypoint'].shape[1:] == (3, 17, 2)


def test_joints_are_told_by_their_names(backend, flip_config, pose_checkpoint, tmp_path):
    import torch
    weights = torch.load(pose_checkpoint, weights_only=False)
    names = weights['meta']['dataset_meta']['keypoint_id2name']
    names[0], names[9], names[16] = names[9], names[0], 'tail'
    torch.save(weights, tmp_path / 'other.pth')
    other = MMPoseBackend(str(flip_config), str(tmp_path / 'other.pth'), 'cpu')
    crops = backend.prepare(noise(0), np.array([[5, 5, 80, 80]]))
    (poses, ), (wanted, ) = other.predict(crops), backend.predict(crops)
    order = [9, *range(1, 9), 0, *range(10, 16)]
    np.testing.assert_allclose(poses[:, :16], wanted[:, order], atol=1e-4)
    assert other.layout == 'coco17' and other.missing == ['right_ankle'] and not poses[:, 16].any()


def test_mmactions_registry_scope_is_left_alone(pose_checkpoint, backend):
    before = dict(DefaultScope._instance_dict)
    MMPoseBackend(str(CONFIG), str(pose_checkpoint), 'cpu')
    backend.predict(backend.prepare(noise(0), np.array([[0, 0, 50, 50]])))
    assert DefaultScope._instance_dict == before
    assert DefaultScope.get_current_instance().scope_name == 'mmaction'
    assert MODELS.get('HRNet') is None or 'mmaction' in MODELS.get('HRNet').__module__


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path):

    class Evil:

        def __reduce__(self):
            return os.system, (f'touch {tmp_path}/ran', )

    import torch
    torch.save(dict(state_dict={}, meta=Evil()), tmp_path / 'evil.pth')
    with pytest.raises(InputError, match='evil.pth: checkpoint: found UnpicklingError'):
        MMPoseBackend(str(CONFIG), str(tmp_path / 'evil.pth'), 'cpu')
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize('config, checkpoint, message', [
    ('nothing.py', None, 'nothing.py: config: found no such file, want a file, or mmpose::NAME'),
    ('mmpose::nothing/here.py', None, 'mmpose::nothing/here.py: config: found'),
    (str(CONFIG), None, 'checkpoint: found nothing, want weights: a file or URL'),
    (str(CONFIG), 'nothing.pth', 'nothing.pth: checkpoint: found no such file'),
    (str(CONFIG), 'http://127.0.0.1:9/x.pth',
     'http://127.0.0.1:9/x.pth: checkpoint: found .*refused'),
])
def test_what_cannot_be_loaded_is_named(config, checkpoint, message):
    with pytest.raises(InputError, match=message):
        MMPoseBackend(config, checkpoint, 'cpu')


@pytest.mark.parametrize('part, settings, message', [
    ('backbone', dict(type='mmpretrain.VisionTransformer'), 'found KeyError .*VisionTransformer'),
    ('head', dict(type='DEKRHead', in_channels=8, num_keypoints=17), 'found ImportError .*mmcv'),
])
def test_a_network_that_needs_what_is_not_here_is_refused_in_one_line(tmp_path, pose_checkpoint,
                                                                      part, settings, message):
    cfg = Config.fromfile(CONFIG)
    cfg.model[part] = settings
    cfg.dump(tmp_path / 'network.py')
    with pytest.raises(InputError, match=f'network.py: network: {message}') as caught:
        MMPoseBackend(str(tmp_path / 'network.py'), str(pose_checkpoint), 'cpu')
    assert 'docs/extraction.md' in str(caught.value)


def test_the_default_is_hrnet_w32_with_its_published_weights():
    from mmaction_d3d.extraction.mmpose_backend import DEFAULT_CONFIG
    from mmaction_d3d.extraction.upstream import find_config
    cfg, weights = find_config('mmpose', DEFAULT_CONFIG, None)
    assert cfg.model.backbone.extra.stage4.num_channels[0] == 32
    assert weights.startswith('https://download.openmmlab.com/mmpose/') and 'hrnet-w32' in weights
