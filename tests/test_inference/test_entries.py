"""Videos and skeletons in memory answer as those in files; what is none is refused by name."""
import numpy as np
import pytest
import torch
from PIL import Image

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference import load
from mmaction_d3d.media import Frames, Media


@pytest.fixture(scope='module')
def clip(tiny):
    """A video's frames, its skeleton, and the skeleton's parts."""
    annotation = tiny.data.annotations[0]
    frames = [frame.rgb() for frame in Frames(Media(tiny.video(), 'v'))]
    skeleton = {key: annotation[key] for key in ('keypoint', 'keypoint_score')}
    return frames, skeleton, *skeleton.values()


@pytest.fixture(scope='module')
def wanted(alone, tiny, clip):
    """What the file answers."""
    return alone(tiny.video(), skeletons=clip[1])['predictions'][0]['scores']


FORMS = dict(array=np.stack, list=list, tensor=lambda frames: torch.from_numpy(np.stack(frames)),
             tensors=lambda frames: list(map(torch.from_numpy, frames)),
             images=lambda frames: list(map(Image.fromarray, frames)),
             several=lambda frames: [np.stack(frames)])


@pytest.mark.parametrize('form', FORMS)
@pytest.mark.parametrize('window', [None, 60])
def test_frames_in_memory_answer_as_their_video(alone, clip, wanted, form, window):
    answer = alone(FORMS[form](clip[0]), skeletons=clip[1], window=window)['predictions']
    assert len(answer) == 1 and answer[0]['file'] == 'frames in memory'
    np.testing.assert_allclose(answer[0]['scores'], wanted, atol=1e-6)


def test_two_clips_in_memory_have_files_of_their_own(alone, clip, tmp_path):
    frames, skeleton, *_ = clip
    answer = alone([np.stack(frames), list(frames)[::-1]], skeletons=[skeleton] * 2,
                   out_dir=str(tmp_path), attention=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        'frames.json', 'frames.mp4', 'frames_2.json', 'frames_2.mp4'
    ]
    assert not np.allclose(*(prediction['scores']
                             for prediction in answer['predictions']), atol=1e-6)


@pytest.mark.parametrize('make', [
    lambda k, s: dict(keypoint=k.tolist(), keypoint_score=s.tolist()),
    lambda k, s: dict(keypoint=torch.tensor(k), keypoint_score=torch.tensor(s)),
    lambda k, s: dict(keypoint=k[0], keypoint_score=s[0]),
    lambda k, s: np.concatenate([k[0], s[0][..., None]], -1),
    lambda k, s: np.concatenate([k[0], s[0][..., None]], -1).tolist(),
    lambda k, s: np.concatenate([k, s[..., None]], -1).tolist(),
    lambda k, s: [torch.cat([torch.tensor(k), torch.tensor(s)[..., None]], -1)]
])
def test_joints_in_any_container(alone, tiny, clip, wanted, make):
    answer = alone(tiny.video(), skeletons=make(*clip[2:]))['predictions'][0]
    np.testing.assert_allclose(answer['scores'], wanted, atol=1e-6)


@pytest.mark.parametrize(
    'value, says',
    [(0, 'inputs: found 0, the number of a camera'),
     (np.int64(3), 'inputs: found 3, the number of a camera'),
     ('7', '7: video: found the number of a camera'),
     ('rtsp://127.0.0.1/live', 'rtsp://127.0.0.1/live: video: found an address'),
     (b'bytes', 'inputs: found bytes'), ([], 'inputs: found an empty list'),
     ({'a': 1}, 'inputs: found dict'), ([None], 'inputs: found NoneType None'),
     (np.zeros(
         (4, 8, 8, 3)), 'frame 0: found 8 x 8 x 3 float64, want frames as T x H x W x 3 uint8'),
     (np.zeros((4, 3, 8, 8), np.uint8), 'frame 0: found 3 x 8 x 8 uint8'),
     (np.zeros((8, 8, 3), np.uint8), 'frames: found 8 x 8 x 3 uint8'),
     (np.zeros((0, 8, 8, 3), np.uint8), 'frames: found none'),
     ([np.zeros((8, 8, 3), np.uint8), np.zeros((8, 6, 3), np.uint8)
       ], 'frame 1: found 8 x 6 x 3 uint8, want 8 x 8 x 3 uint8, as the first frame')])
def test_what_is_no_video_is_refused_by_name(tiny, alone, clip, value, says):
    d3d = load(tiny.checkpoint, tiny.config, 'cpu')
    with pytest.raises(InputError) as error:
        alone(value, skeletons=clip[1])
    assert says in str(error.value)
    if not isinstance(value, list):
        with pytest.raises(InputError):
            d3d(value, skeletons=clip[1])


def test_the_path_of_a_file_is_no_skeleton_of_a_call(alone, tiny):
    answer = alone(tiny.video(), skeletons='a.pkl')['predictions'][0]
    assert answer['error'].startswith("skeletons[0]: keypoint: found str 'a.pkl', want an array")


@pytest.mark.parametrize('option', [dict(stride=1.), dict(smooth=1.), dict(share_features=True)])
def test_what_windows_alone_have_is_refused_without_them(tiny, alone, clip, option):
    for ask in (alone, load(tiny.checkpoint, tiny.config, 'cpu')):
        with pytest.raises(InputError, match='window: found nothing, want seconds, with stride'):
            ask(tiny.video(), skeletons=clip[1], **option)


@pytest.mark.parametrize('keypoint', ['joints', [[1, 2], [3]], [['a']], 7])
def test_joints_that_are_no_numbers_are_refused(alone, tiny, keypoint):
    answer = alone(tiny.video(), skeletons=dict(keypoint=keypoint))['predictions'][0]
    assert answer['error'].startswith('skeletons[0]: keypoint: found ')


def test_a_pipeline_that_reads_files_alone_says_so(alone, clip, monkeypatch):
    pipeline = alone._loaded.pipeline
    monkeypatch.setattr(pipeline, '_transforms', [pipeline._transforms[0]])
    answer = alone(np.stack(clip[0]), skeletons=clip[1])['predictions'][0]
    assert 'no AlignedDecode' in answer['error']
