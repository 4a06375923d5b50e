"""RTMPose and RTMO as ONNX files, of networks with random weights that are exported here."""
import warnings

import cv2
import numpy as np
import pytest
import torch
from running import run_tool

from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.errors import InputError
from mmaction_d3d.extraction import GivenBoxes, MMPoseBackend, ONNXBackend, SkeletonExtractor
from mmaction_d3d.extraction.onnx_backend import BORDER, Crop
from mmaction_d3d.extraction.upstream import find_config, load_network, scope

RTMPOSE = 'mmpose::body_2d_keypoint/rtmpose/coco/rtmpose-t_8xb256-420e_coco-256x192.py'
BOXES = np.array([[5, 8, 60, 80], [30.5, 2.25, 119, 88.5], [-10, 20, 50, 140]], np.float32)


def noise(seed, shape=(90, 120, 3)):
    rng = np.random.default_rng(seed)
    return cv2.GaussianBlur(rng.integers(0, 256, shape, np.uint8), (0, 0), 2)


def export(network, image, path, names, batch=True):
    """Write a network as an ONNX file."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        torch.onnx.export(
            network, (image, ), str(path), input_names=['input'], output_names=names,
            dynamic_axes={name: {0: 'batch'} for name in ('input', *names)} if batch else None,
            dynamo=False)
    return str(path)


class Places(torch.nn.Module):
    """The scores of places, as RTMPose gives them: means of rows and columns of the picture."""

    def __init__(self, joints=17):
        super().__init__()
        self.mix = torch.nn.Conv2d(3, joints, 1)

    def forward(self, images):
        maps = self.mix(images).sigmoid()
        return maps.mean(2).repeat_interleave(2, -1), maps.mean(3).repeat_interleave(2, -1)


class People(torch.nn.Module):
    """RTMO's outputs: three people where the brightest red, green and blue are, one of them twice.

    The fourth is a copy of the first that is less sure, the fifth is not sure at all.
    """

    def forward(self, images):
        flat = images.flatten(2).argmax(-1)  # N x 3: channels are those of the input
        width = images.shape[3]
        x, y = (flat % width).float() + 0.5, torch.div(flat, width, rounding_mode='floor') + 0.5
        x, y = torch.cat([x, x[:, :2]], 1), torch.cat([y, y[:, :2]], 1)
        score = torch.tensor([[0.9, 0.8, 0.7, 0.6, 0.1]]).expand(len(images), -1)
        dets = torch.stack([x - 5, y - 5, x + 5, y + 5, score], -1)
        points = torch.stack([x, y, score], -1)[:, :, None].expand(-1, -1, 17, -1)
        return dets, points + torch.arange(17.)[:, None] * torch.tensor([1., 0., 0.])


@pytest.fixture(scope='module')
def places(tmp_path_factory):
    torch.manual_seed(0)
    return export(Places(), torch.zeros(1, 3, 64, 48),
                  tmp_path_factory.mktemp('onnx') / 'a.onnx', ['simcc_x', 'simcc_y'])


@pytest.fixture(scope='module')
def people(tmp_path_factory):
    return export(People(), torch.zeros(1, 3, 96, 96),
                  tmp_path_factory.mktemp('onnx') / 'b.onnx', ['dets', 'keypoints'])


def test_rtmpose_finds_what_mmpose_finds(tmp_path):
    """The same weights: in mmpose, with CSPNeXt of ours where mmdet is not there, and as ONNX."""
    cfg, _ = find_config('mmpose', RTMPOSE, 'unused')
    cfg.model.test_cfg.flip_test = False
    config, weights = tmp_path / 'rtmpose.py', tmp_path / 'rtmpose.pth'
    cfg.dump(config)
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        from mmpose.apis import init_model
        network = load_network('mmpose', lambda cfg, _, device: init_model(cfg, None, device), cfg,
                               __file__, 'cpu')
    # The published RTMPose-t has so many, by mmpose's table.
    assert round(sum(weight.numel() for weight in network.parameters()) / 1e6, 2) == 3.34
    torch.save(dict(state_dict=network.state_dict()), weights)
    theirs = MMPoseBackend(str(config), str(weights), 'cpu')

    class Exported(torch.nn.Module):

        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, images):
            return self.network.head(self.network.backbone(images))

    with scope('mmpose'):
        path = export(Exported().eval(), torch.zeros(2, 3, 256, 192), tmp_path / 'r.onnx',
                      ['simcc_x', 'simcc_y'])
    ours = ONNXBackend('coco17', path, 'cpu')
    frame = noise(0)
    (poses, wanted) = (np.concatenate(each.predict(each.prepare(frame, BOXES)))
                       for each in (ours, theirs))
    # Random weights have flat scores: where two places tie but for rounding, either may win.
    near = np.abs(poses[..., :2] - wanted[..., :2]).max(-1) < 0.01
    assert near.mean() > 0.9 and ours.top_down and ours.layout == theirs.layout == 'coco17'
    np.testing.assert_allclose(poses[..., 2], np.clip(wanted[..., 2], 0, 1), atol=1e-3)
    assert np.ptp(wanted[..., 0]) > 20


def test_a_place_is_that_of_the_frame(places):
    """A bright spot is found where it is, in a box that is cut, moved and scaled."""
    backend = ONNXBackend('coco17', places, 'cpu')
    frame = np.zeros((200, 300, 3), np.uint8)
    crop, = backend.prepare(frame, np.array([[100, 40, 148, 104]], np.float32))
    assert crop.image.shape == (3, 64, 48)
    np.testing.assert_allclose(crop.image[:, 0, 0],
                               -np.float32([123.675, 116.28, 103.53]) / [58.395, 57.12, 57.375],
                               rtol=1e-5)
    np.testing.assert_allclose(crop.scale, 1.25)
    np.testing.assert_allclose(crop.corner, (94, 32))
    across, down = np.zeros((17, 96), np.float32), np.zeros((17, 128), np.float32)
    across[:, 20], down[:, 64] = 0.5, 0.25
    from mmaction_d3d.extraction.onnx_backend import _decode_places, _to_frame
    person, = _to_frame(_decode_places(across, down), crop)
    np.testing.assert_allclose(person, np.tile([94 + 10 * 1.25, 32 + 32 * 1.25, 0.25], (17, 1)))


def test_a_batch_is_as_good_as_one_by_one(places, tmp_path):
    torch.manual_seed(0)
    single = ONNXBackend(
        'coco17',
        export(Places(), torch.zeros(1, 3, 64, 48), tmp_path / 'one.onnx', ['x', 'y'], batch=False),
        'cpu')
    backend = ONNXBackend('coco17', places, 'cpu')
    crops = backend.prepare(noise(1), BOXES)
    together = backend.predict(crops)
    for poses in (single.predict(crops), [backend.predict([crop])[0] for crop in crops]):
        np.testing.assert_allclose(poses, together, atol=1e-4)


def test_rtmo_finds_each_person_once_in_the_frame(people):
    backend = ONNXBackend('coco17', people, 'cpu')
    frame = np.zeros((48, 80, 3), np.uint8)  # its scale is 96 / 80
    for channel, (x, y) in enumerate(((10, 5), (40, 20), (70, 40))):
        frame[y - 2:y + 3, x - 2:x + 3, channel] = 250
    crop, = backend.prepare(frame, None)
    assert not backend.top_down and isinstance(crop, Crop)
    assert (crop.image[:, 60:] == BORDER).all()
    poses, = backend.predict([crop])
    assert poses.shape == (3, 17, 3)
    # Channels are blue, green, red to the network: the first person is the blue spot.
    np.testing.assert_allclose(poses[:, 0, :2], [(70.5, 40.5), (40.5, 20.5), (10.5, 5.5)], atol=2.6)
    np.testing.assert_allclose(poses[0, 16, 0] - poses[0, 0, 0], 16 * 80 / 96, rtol=1e-4)
    np.testing.assert_allclose(poses[..., 2], np.repeat([[0.9], [0.8], [0.7]], 17, 1), rtol=1e-5)


def test_the_tools_take_it(places, people_video, tmp_path, capsys):
    video, out = people_video('a.mp4', [[(20, 30)] * 3]), tmp_path / 'a.pkl'
    arguments = ('tools/extract_skeletons.py', video, '--backend', 'onnx', '--whole-frame',
                 '--pose-checkpoint', places, '--device', 'cpu')
    assert run_tool(*arguments, '--pose-config', 'coco17', '--out', out) == 0
    content = safe_pickle.load(str(out))
    assert content['layout'] == 'coco17'
    assert content['annotations'][0]['keypoint'].shape == (1, 3, 17, 2)
    assert run_tool(*arguments, '--out', tmp_path / 'b.pkl') == 2
    assert '--pose-config: found nothing, want the joints' in capsys.readouterr().err


def test_boxes_of_a_file_are_its_people(places, people_video, tmp_path):
    boxes = tmp_path / 'boxes.json'
    boxes.write_text('{"a": [[[5, 5, 40, 50], [50, 10, 90, 60]], [[5, 5, 40, 50]], []]}')
    poses = SkeletonExtractor(ONNXBackend('coco17', places, 'cpu'),
                              people=GivenBoxes(str(boxes)))(people_video(
                                  'a.mp4', [[(20, 30)] * 3]))
    assert (poses['keypoint_score'].any((0, 2)) == [True, True, False]).all()


@pytest.mark.parametrize('config, checkpoint, device, message', [
    (None, None, None, '--pose-config: found nothing, want the joints of the network: coco17'),
    ('coco17', None, None, '--pose-checkpoint: found nothing, want a file .onnx'),
    ('coco17', 'https://example.com/a.onnx', None, '--pose-checkpoint: found https'),
    ('coco17', __file__, None, 'test_onnx_backend.py: network: found'),
    ('halpe26', 'places', None, 'a.onnx: joints: found 17, want 26, of halpe26'),
    ('coco17', 'places', 'cuda:0', '--device: found cuda:0, want cpu'),
])
def test_what_does_not_fit_is_named(places, config, checkpoint, device, message):
    with pytest.raises(InputError, match=message):
        ONNXBackend(config, places if checkpoint == 'places' else checkpoint, device)


class Other(Places):
    """A network beside those that are taken: ``change`` its inputs and outputs."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def forward(self, images, more=None):
        images = images if images.shape[1] == 3 else images.permute(0, 3, 1, 2)
        across, down = super().forward(images if more is None else images + more)
        return self.change(across, down)


@pytest.mark.parametrize('change, images, batch, message', [
    (lambda x, y: (x, y), [(1, 3, 64, 48)] * 2, True, r'found inputs of .*, want one, N x 3 x'),
    (lambda x, y: (x, y), [(1, 64, 48, 3)], True, r"found inputs of \['batch', 64, 48, 3\], want"),
    (lambda x, y: (x, y), [(4, 3, 64, 48)], False, 'want one that runs for any number of images'),
    (lambda x, y: (x[..., ::2], y[..., ::2]), [
        (1, 3, 64, 48)
    ], True, r'found \(1, 17, 48\) and \(1, 17, 64\), want \(1, 17, 96\) and \(1, 17, 128\)'),
    (lambda x, y: (x[:, :5], y), [(1, 3, 64, 48)], True, r'found \(1, 5, 96\)'),
])
def test_a_network_of_other_inputs_and_outputs_is_refused(tmp_path, change, images, batch, message):
    path = str(tmp_path / 'x.onnx')
    names = ['a', 'b'][:len(images)]
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        torch.onnx.export(Other(change), tuple(map(torch.zeros, images)), path, input_names=names,
                          dynamic_axes={name: {0: 'batch'} for name in names} if batch else None,
                          dynamo=False)
    with pytest.raises(InputError, match=message):
        ONNXBackend('coco17', path, 'cpu')


def test_a_network_of_half_precision_runs(places, tmp_path):
    torch.manual_seed(0)
    path = export(Places().half(),
                  torch.zeros(1, 3, 64, 48).half(), tmp_path / 'h.onnx', ['x', 'y'])
    half, whole = (ONNXBackend('coco17', each, 'cpu') for each in (path, places))
    frame = noise(0)
    (poses, ), (wanted, ) = (each.predict(each.prepare(frame, BOXES[:1])) for each in (half, whole))
    assert poses.dtype == np.float32
    np.testing.assert_allclose(poses[..., 2], wanted[..., 2], atol=2e-3)


def test_a_network_of_other_outputs_is_refused(tmp_path):
    path = export(torch.nn.Conv2d(3, 17, 1), torch.zeros(1, 3, 64, 48), tmp_path / 'x.onnx', ['y'])
    with pytest.raises(InputError, match=r"outputs of \[4\] axes, want RTMPose's or RTMO's"):
        ONNXBackend('coco17', path, 'cpu')
