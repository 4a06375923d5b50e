"""Windows that share features of the frames that they all show."""
import numpy as np
import pytest
import torch
from torch import nn

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference import D3DInferencer
from mmaction_d3d.inference.shared_features import extractor_of, on_one_grid, shared_maps
from mmaction_d3d.media import video_frames
from mmaction_d3d.models.backbones import D3DTransformer, R2Plus1D


def extractor(temporal_strides=(1, 1, 1)):
    torch.manual_seed(0)
    return R2Plus1D(base_channels=2, temporal_strides=temporal_strides).eval()


def clips_of(strip, starts, length=6):
    """Clips of a strip C x S x H x W, and the frames that they show, every fourth of a video."""
    numbers = np.array([np.arange(start, start + length) * 4 + 1 for start in starts])
    return torch.stack([strip[:, start:start + length] for start in starts]), numbers


def assert_maps_equal(shared, wanted):
    assert len(shared) == len(wanted) == 2
    for maps, other in zip(shared, wanted):
        torch.testing.assert_close(maps, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('strides, starts', [((1, 1, 1), (0, 1, 1, 3, 7)),
                                             ((1, 2, 1), (0, 2, 2, 6))])
def test_clips_of_a_strip_get_slices_of_its_maps(strides, starts):
    network, strip = extractor(strides), torch.randn(3, 13, 16, 16)
    imgs, numbers = clips_of(strip, starts)
    with torch.no_grad():
        shared = shared_maps(network, imgs, numbers)
        whole = network(strip[None, :, :starts[-1] + 6])
    wanted = []
    for maps, stride in zip(whole, (strides[0], network.temporal_stride)):
        rows = []
        for start in starts:
            frames = [maps[0, :, (start + k) // stride] for k in range(0, 6, stride)]
            rows.append(torch.stack(frames, 1))
        wanted.append(torch.stack(rows))
    assert_maps_equal(shared, wanted)


@pytest.mark.parametrize('name', ['pixels', 'grid', 'gap', 'odd', 'uneven'])
def test_clips_that_share_nothing_keep_their_own_maps(name):
    network = extractor((1, 2, 1) if name == 'odd' else (1, 1, 1))
    imgs, numbers = clips_of(torch.randn(3, 16, 16, 16), (0, 6) if name == 'gap' else (0, 3))
    if name == 'pixels':
        imgs[1, 0, 2, 5, 5] += 1  # such as a crop around another person
    elif name == 'grid':
        numbers[1] += 1
    elif name == 'uneven':
        numbers[:, 3:] += 1
    with torch.no_grad():
        assert_maps_equal(shared_maps(network, imgs, numbers), network(imgs))


@pytest.mark.parametrize('length, stride, total, temporal_stride, wanted', [
    (60, 15, 900, 1, (60, 15)),
    (50, 12, 900, 1, (48, 12)),
    (60, 15, 900, 2, (60, 20)),
    (60, 1, 900, 1, (60, 5)),
    (7, 3, 9, 1, (7, 3)),
    (70, 70, 40, 2, (36, 36)),
])
def test_windows_are_rounded_to_one_grid(length, stride, total, temporal_stride, wanted):
    assert on_one_grid(length, stride, total, 12, temporal_stride) == wanted


def windows_of(inferencer, video, window, stride, batch_size=5, **options):
    """Scores of windows whose lengths are frames."""
    rate = inferencer(video)['predictions'][0]['fps']
    answer = inferencer(video, window=window / rate, stride=stride / rate, batch_size=batch_size,
                        **options)['predictions'][0]
    return np.array([window['scores'] for window in answer['windows']]), answer


def test_windows_of_a_batch_share(inferencer, tiny):
    options = dict(window=8, stride=2, per_person=True)
    alone, _ = windows_of(inferencer, tiny.video(), batch_size=1, **options)
    single, _ = windows_of(inferencer, tiny.video(), batch_size=1, share_features=True, **options)
    shared, timeline = windows_of(inferencer, tiny.video(), share_features=True, **options)
    np.testing.assert_allclose(single, alone, atol=1e-6)
    assert shared.shape == alone.shape and np.abs(shared - alone).max() > 1e-3
    assert timeline['tracks']


def test_windows_that_do_not_overlap_are_as_others(inferencer, tiny):
    options = dict(window=8, stride=8)
    alone, _ = windows_of(inferencer, tiny.video(), **options)
    shared, _ = windows_of(inferencer, tiny.video(), share_features=True, **options)
    np.testing.assert_allclose(shared, alone, atol=1e-6)


def test_decoded_frames_are_shared_and_scores_stay_those_of_clips(tiny, inferencer):
    """Each window is what the model says of its frames as a clip of its own."""
    frames = np.stack([frame.rgb() for frame in video_frames(tiny.video())])
    people = tiny.data.annotations[0]
    rate = 25
    arrays = {key: people[key] for key in ('keypoint', 'keypoint_score', 'img_shape')}
    model = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', show_progress=False)
    answer = model(frames, skeletons=arrays, fps=rate, window=8 / rate, stride=2 / rate)
    for window in answer['predictions'][0]['windows']:
        start, stop = (round(window[key] * rate) for key in ('start', 'end'))
        part = {key: arrays[key][:, start:stop] for key in ('keypoint', 'keypoint_score')}
        alone = model(frames[start:stop], skeletons=dict(arrays, **part), fps=rate)
        np.testing.assert_allclose(window['scores'], alone['predictions'][0]['scores'], atol=2e-5)


def test_other_networks_are_refused():
    with pytest.raises(InputError, match='share_features: found Linear'):
        extractor_of(nn.ModuleDict(dict(backbone=nn.Linear(1, 1))))
    still, moving = (dict(type='R2Plus1D', base_channels=2, motion=motion)
                     for motion in (False, True))
    parts = dict(num_joints=3, num_person=1, img_size=56)
    network = nn.Module()
    network.backbone = D3DTransformer(still, **parts)
    assert extractor_of(network) is network.backbone.backbone
    network.backbone = D3DTransformer(moving, **parts)
    with pytest.raises(InputError, match='share_features: found a backbone with motion=True'):
        extractor_of(network)
