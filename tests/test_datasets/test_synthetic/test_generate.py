"""How the files of the synthetic data set are made."""
import io
import multiprocessing

import av
import numpy as np
import pytest

from mmaction_d3d.datasets import RGBPoseDataset, safe_pickle
from mmaction_d3d.datasets.synthetic import CLASSES, Clip, caps, generate
from mmaction_d3d.datasets.synthetic.generate import encode
from mmaction_d3d.errors import InputError
from mmaction_d3d.files import held_alone

from .support import SMALL, make_clip


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp('synthetic') / 'data'
    generate(out, **SMALL)
    return out


def contents(folder):
    """Every file: its bytes, or for the pickle what it holds."""
    return {
        path.name: safe_pickle.load(str(path)) if path.suffix == '.pkl' else path.read_bytes()
        for path in sorted(folder.rglob('*')) if path.is_file()
    }


def test_the_annotations_make_a_data_set(folder):
    for split, number in (('train', 5), ('val', 2), ('test', 2)):
        dataset = RGBPoseDataset(str(folder / 'annotations.pkl'), [], split=split,
                                 data_prefix=dict(video=str(folder / 'videos')), num_classes=8)
        assert len(dataset) == number
        assert dataset.metainfo['classes'] == CLASSES


def test_videos_decode_to_the_frames_that_were_drawn(folder):
    data = safe_pickle.load(str(folder / 'annotations.pkl'))
    for index, a in enumerate(data['annotations'][:2]):
        with av.open(str(folder / 'videos' / a['filename'])) as video:
            frames = np.stack([f.to_ndarray(format='rgb24') for f in video.decode(video=0)])
        drawn = Clip(0, 'pair', 'train', index, 5, 64, 6).frames()
        assert frames.shape == drawn.shape == (a['total_frames'], *a['img_shape'], 3)
        assert np.abs(frames.astype(int) - drawn).mean() < 6


def test_videos_can_be_written_without_libx264(monkeypatch):
    """Some builds of FFmpeg have only free encoders of their own."""
    monkeypatch.setattr(av, 'codecs_available', {'mpeg4'})
    drawn = make_clip().frames()
    with av.open(io.BytesIO(encode(drawn))) as video:
        frames = np.stack([f.to_ndarray(format='rgb24') for f in video.decode(video=0)])
    assert frames.shape == drawn.shape
    assert np.abs(frames.astype(int) - drawn).mean() < 8


def test_every_frame_is_coded_by_itself(folder):
    """A frame coded as a difference would be sharper where nothing moves, and tell the motion."""
    with av.open(str(folder / 'videos' / 'train_00000.mp4')) as video:
        assert all(frame.key_frame for frame in video.decode(video=0))


def test_the_number_of_processes_does_not_matter(folder, tmp_path):
    generate(tmp_path / 'data', **{**SMALL, 'workers': 2})
    np.testing.assert_equal(contents(tmp_path / 'data'), contents(folder))


def test_a_complete_folder_is_left_alone(folder, monkeypatch):

    def draw(self):
        raise AssertionError('drew a clip')

    before = contents(folder)
    monkeypatch.setattr(Clip, 'frames', draw)
    assert generate(folder, **SMALL) == folder / 'annotations.pkl'
    np.testing.assert_equal(contents(folder), before)


def test_an_interrupted_call_is_taken_up_where_it_stopped(folder, tmp_path, monkeypatch):
    out, drawn, frames = tmp_path / 'data', [], Clip.frames

    def draw(self):
        if len(drawn) == 3:
            raise KeyboardInterrupt
        drawn.append(self.annotation['frame_dir'])
        return frames(self)

    monkeypatch.setattr(Clip, 'frames', draw)
    with pytest.raises(KeyboardInterrupt):
        generate(out, **SMALL)
    assert not (out / 'annotations.pkl').exists()
    assert len(list((out / 'videos').iterdir())) == 3

    monkeypatch.setattr(Clip, 'frames',
                        lambda self: drawn.append(self.annotation['frame_dir']) or frames(self))
    generate(out, **SMALL)
    assert len(drawn) == len(set(drawn)) == 9
    np.testing.assert_equal(contents(out), contents(folder))


def test_a_second_process_waits_for_the_first(tmp_path):
    (tmp_path / '.lock').touch()
    process = multiprocessing.get_context('fork').Process(target=generate, args=(tmp_path, ),
                                                          kwargs=SMALL)
    with held_alone(tmp_path / '.lock', wait=True):
        process.start()
        process.join(0.5)
        assert process.is_alive() and [path.name for path in tmp_path.iterdir()] == ['.lock']
    process.join(60)
    assert process.exitcode == 0 and (tmp_path / 'annotations.pkl').exists()


def test_a_deleted_video_is_made_again(tmp_path):
    small = {**SMALL, 'num_train': 1, 'num_val': 1, 'num_test': 1}
    generate(tmp_path / 'data', **small)
    before = contents(tmp_path / 'data')
    (tmp_path / 'data' / 'videos' / 'val_00000.mp4').unlink()
    generate(tmp_path / 'data', **small)
    np.testing.assert_equal(contents(tmp_path / 'data'), before)


@pytest.mark.parametrize('name, value', [('seed', 1), ('difficulty', 'easy'), ('num_train', 6),
                                         ('size', 96), ('num_frames', 7)])
def test_a_folder_of_other_arguments_is_refused_and_kept(folder, name, value):
    before = contents(folder)
    with pytest.raises(InputError, match=f'stamp.json: {name}: found .*, want {value}: choose'):
        generate(folder, **{**SMALL, name: value})
    np.testing.assert_equal(contents(folder), before)


def test_a_folder_of_something_else_is_refused_and_kept(tmp_path):
    (tmp_path / 'holiday.mp4').write_text('mine')
    with pytest.raises(InputError, match='choose another --out'):
        generate(tmp_path, **SMALL)
    assert contents(tmp_path) == {'holiday.mp4': b'mine'}


@pytest.mark.parametrize('name, value', [('seed', -1), ('difficulty', 'medium'), ('num_val', 0),
                                         ('size', 65), ('size', 32), ('num_frames', 0)])
def test_a_value_out_of_range_is_refused(tmp_path, name, value):
    with pytest.raises(InputError, match=f'{name}: found {value}'):
        generate(tmp_path / 'data', **{**SMALL, name: value})
    assert not (tmp_path / 'data').exists()


def test_the_caps_are_those_of_chance(folder):
    assert safe_pickle.load(str(folder / 'annotations.pkl'))['caps'] == caps('pair')
    assert caps('easy') == caps('hard') == dict(skeleton=1 / 2, rgb=1, single_frame=1 / 4)
    assert caps('pair') == dict(skeleton=1 / 2, rgb=1 / 2, single_frame=1 / 4)


def test_splits_share_no_person_and_no_background(folder):
    data = safe_pickle.load(str(folder / 'annotations.pkl'))
    seen = {}
    for a in data['annotations']:
        split = next(s for s, names in data['split'].items() if a['filename'] in names)
        for identity in (*(('person', i)
                           for i in a['person_ids']), ('background', a['background_id'])):
            assert seen.setdefault(identity, split) == split


def test_a_single_frame_is_a_clip(tmp_path):
    generate(tmp_path / 'data', **{**SMALL, 'num_frames': 1, 'num_train': 1})
    with av.open(str(tmp_path / 'data' / 'videos' / 'train_00000.mp4')) as video:
        assert len(list(video.decode(video=0))) == 1
