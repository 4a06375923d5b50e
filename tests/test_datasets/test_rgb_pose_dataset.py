import multiprocessing
import pickle
import shutil

import numpy as np
import pytest
from torch.utils.data import DataLoader

from mmaction_d3d.errors import InputError


@pytest.fixture
def data(rgb_pose_data):
    return rgb_pose_data(num_videos=3, num_frames=4)


def ids(dataset):
    return [dataset.get_data_info(i)['frame_dir'] for i in range(len(dataset))]


def test_split_takes_its_clips_in_file_order(data):
    data.content['split']['train'] = ['clip1', 'clip0']
    data.save()
    assert ids(data.build(split='train')) == ['clip0', 'clip1']


def test_no_split_takes_all_clips(data):
    assert len(data.build()) == 3


def test_plain_list_of_annotations(data):
    data.content = data.content['annotations']
    data.save()
    assert len(data.build()) == 3


@pytest.mark.parametrize(
    'entries',
    [['clip0', 'clip2'], ['a/vid0.mp4', 'a/vid2.mp4'], ['a/vid0', 'a/vid2'], ['vid0', 'vid2'],
     ('clip0', 'a/vid2'), {'clip0', 'clip2'},
     np.array(['clip0', 'clip2'])],
    ids=['frame_dir', 'filename', 'stem', 'bare stem', 'mixed', 'set', 'array'])
def test_split_entries_match_frame_dir_filename_or_stem(data, entries):
    (data.video_dir / 'a').mkdir()
    for i, annotation in enumerate(data.annotations):
        annotation['filename'] = f'a/vid{i}.mp4'
        shutil.copy(data.video_dir / f'clip{i}.mp4', data.video_dir / f'a/vid{i}.mp4')
    data.content['split']['train'] = entries
    data.save()
    assert ids(data.build(split='train')) == ['clip0', 'clip2']


def test_frame_dir_goes_before_the_stem_of_a_file(data):
    data.annotations[0]['filename'] = 'clip1.mp4'
    data.content['split']['train'] = ['clip1']
    data.save()
    assert ids(data.build(split='train')) == ['clip1']


@pytest.mark.parametrize('name', ['clip0.MKV', 'clip0.avi', 'clip0.webm'])
def test_video_of_any_suffix(data, name):
    (data.video_dir / 'clip0.mp4').rename(data.video_dir / name)
    (data.video_dir / 'clip0.txt').touch()
    info = data.build().get_data_info(0)
    assert info['filename'] == str(data.video_dir / name)


def test_video_in_a_subfolder(data):
    (data.video_dir / 'day.1').mkdir()
    (data.video_dir / 'clip0.mp4').rename(data.video_dir / 'day.1' / 'clip.0.mp4')
    data.annotations[0]['frame_dir'] = 'day.1/clip.0'
    data.save()
    assert data.build().get_data_info(0)['filename'] == str(data.video_dir / 'day.1/clip.0.mp4')


def test_video_by_template(data):
    for i in range(3):
        (data.video_dir / f'clip{i}.mp4').rename(data.video_dir / f'clip{i}_rgb.avi')
    info = data.build(filename_tmpl='{frame_dir}_rgb.avi').get_data_info(2)
    assert info['filename'] == str(data.video_dir / 'clip2_rgb.avi')


def test_two_videos_of_one_name_are_an_error(data):
    shutil.copy(data.video_dir / 'clip0.mp4', data.video_dir / 'clip0.avi')
    with pytest.raises(InputError, match=r'annotations\[0\].*clip0.avi and clip0.mp4'):
        data.build()


def test_float16_keypoints_become_float32(data):
    for annotation in data.annotations:
        annotation['keypoint'] = annotation['keypoint'].astype(np.float16)
    data.save()
    assert data.build().get_data_info(0)['keypoint'].dtype == np.float32


@pytest.mark.parametrize('serialize', [True, False])
def test_a_pipeline_may_change_its_arrays(data, serialize):

    def spoil(results):
        results['keypoint'][:] = -1
        results['keypoint_score'][:] = -1
        return results

    dataset = data.build([spoil], serialize_data=serialize)
    first = dataset.get_data_info(0)
    dataset[0]
    again = dataset.get_data_info(0)
    np.testing.assert_array_equal(again['keypoint'], first['keypoint'])
    np.testing.assert_array_equal(again['keypoint_score'], first['keypoint_score'])


def test_absent_scores_count_every_joint_as_seen_but_those_at_the_origin(data):
    annotation = data.annotations[0]
    del annotation['keypoint_score']
    annotation['keypoint'][0, 2, 5] = 0
    data.save()
    score = data.build().get_data_info(0)['keypoint_score']
    assert score[0, 2, 5] == 0 and score.sum() == score.size - 1


def test_scores_in_the_third_number_of_a_joint(data):
    annotation = data.annotations[0]
    score = annotation.pop('keypoint_score')
    xy = annotation['keypoint']
    annotation['keypoint'] = np.concatenate([xy, score[..., None]], -1)
    data.save()
    info = data.build().get_data_info(0)
    np.testing.assert_array_equal(info['keypoint'], xy)
    np.testing.assert_array_equal(info['keypoint_score'], score)


def test_the_people_with_the_highest_total_score_stay_in_their_order(data):
    annotation = data.annotations[0]
    xy = np.repeat(annotation['keypoint'], 4, 0) + np.arange(4)[:, None, None, None]
    score = np.repeat(annotation['keypoint_score'], 4, 0)
    score *= np.array([0.5, 0.2, 0, 1])[:, None, None]
    score[3, 0, 0] = np.nan
    annotation.update(keypoint=xy, keypoint_score=score)
    data.save()
    info = data.build(num_person=2).get_data_info(0)
    np.testing.assert_array_equal(info['keypoint'], xy[[0, 3]].astype(np.float32))
    np.testing.assert_array_equal(info['keypoint_score'], score[[0, 3]].astype(np.float32))


def logged(monkeypatch):
    lines = []
    for module in ('rgb_pose_dataset', 'checking.rules'):
        monkeypatch.setattr(f'mmaction_d3d.datasets.{module}.print_log',
                            lambda text, *args, **kwargs: lines.append(text))
    return lines


def test_dropped_people_are_logged_once(data, monkeypatch):
    for annotation in data.annotations:
        annotation['keypoint'] = np.repeat(annotation['keypoint'], 3, 0)
        annotation['keypoint_score'] = np.repeat(annotation['keypoint_score'], 3, 0)
    data.save()
    lines = logged(monkeypatch)
    data.build(num_person=1)
    assert len(lines) == 1 and '6 people dropped' in lines[0]


def test_numbers_that_are_not_finite_are_logged_once(data, monkeypatch):
    data.annotations[0]['keypoint'][0, 1, 2, 0] = np.nan
    data.annotations[1]['keypoint'][0, 1, 2] = np.inf
    data.annotations[1]['keypoint_score'][0, 0, 0] = np.nan
    data.save()
    lines = logged(monkeypatch)
    data.build()
    assert len(lines) == 1 and '2 x numbers that are not finite' in lines[0]
    assert 'clip0: 1 of ' in lines[0] and 'count as missing joints' in lines[0]


def test_sound_annotations_log_nothing(data, monkeypatch):
    lines = logged(monkeypatch)
    data.build()
    assert lines == []


def test_class_names_of_the_file(data):
    data.content['classes'] = ['right', 'left']
    data.save()
    assert data.build(num_classes=2).metainfo['classes'] == ('right', 'left')


def test_no_folder_is_listed_once_a_clip(data, monkeypatch):
    import os
    calls, scandir = [], os.scandir
    monkeypatch.setattr('mmaction_d3d.media.index.os.scandir',
                        lambda path: calls.append(path) or scandir(path))
    data.build()
    assert len(calls) == 1


def fail_on_clip(results):
    raise InputError('a.pkl', 'label', 7, 'less')


def test_error_of_a_worker_arrives_as_an_input_error(data):
    loader = DataLoader(data.build([fail_on_clip]), num_workers=1)
    with pytest.raises(InputError, match='a.pkl: label: found 7, want less'):
        next(iter(loader))


def test_input_error_survives_pickling():
    error = pickle.loads(pickle.dumps(InputError('f', 'a', 1, 2)))
    assert str(error) == 'f: a: found 1, want 2'


def break_video(data, name):
    (data.video_dir / f'{name}.mp4').write_bytes(b'no video')


def test_a_clip_that_does_not_decode_stops_a_training_unless_told_otherwise(rgb_pose_data):
    data = rgb_pose_data(num_videos=2)
    break_video(data, 'clip0')
    pipeline = [dict(type='AlignedSampleFrames', clip_len=4), dict(type='AlignedDecode')]
    with pytest.raises(InputError, match='clip0.mp4'):
        data.build(pipeline, split='train')[0]
    with pytest.raises(InputError, match="on_bad_clip: found 'leave', want 'stop' or 'skip'"):
        data.build(pipeline, on_bad_clip='leave')
    with pytest.raises(InputError, match='clip0.mp4'):
        data.build(pipeline, split='train', on_bad_clip='skip', test_mode=True)[0]


def test_few_clips_that_do_not_decode_may_be_left_out(rgb_pose_data, monkeypatch):
    """Two of 40 are 5 %; each is named once, whichever process met it."""
    np.random.seed(0)  # which clips stand in
    data = rgb_pose_data(num_videos=80, num_frames=4, size=(32, 32))
    lines = []
    monkeypatch.setattr('mmaction_d3d.datasets.bad_clips.print_log',
                        lambda text, *args: lines.append(text))
    dataset = data.build([dict(type='AlignedSampleFrames', clip_len=2),
                          dict(type='AlignedDecode')], split='train', on_bad_clip='skip')
    assert len(dataset) == 40
    for name in ('clip3', 'clip5'):
        break_video(data, name)
    fork = multiprocessing.get_context('fork')
    worker = fork.Process(target=dataset.__getitem__, args=(3, ))
    worker.start()
    worker.join()
    for index in (3, 5, 3, 5):
        assert dataset[index]['frame_dir'] not in ('clip3', 'clip5')
    said = [line for line in lines if 'Left out' in line]
    assert len(said) == 1 and 'clip5.mp4' in said[0]  # the worker said the other
    break_video(data, 'clip7')
    with pytest.raises(InputError, match='on_bad_clip: found 3 of 40 clips left out, .*clip7.mp4'):
        dataset[7]


def test_the_first_split_that_the_file_has_is_taken(data):
    assert ids(data.build(split=['val', 'test', 'train'])) == ids(data.build(split='test'))
    with pytest.raises(InputError, match="split: found no split 'val' or 'dev', want one of"):
        data.build(split=['val', 'dev'])


@pytest.mark.parametrize('splits, tested', [({'train', 'val'}, 'val'),
                                            ({'train', 'val', 'test'}, 'test')])
def test_a_folder_test_is_what_the_custom_config_tests(rgb_pose_data, monkeypatch, tmp_path, splits,
                                                       tested):
    from mmaction.registry import DATASETS
    from mmengine.config import Config
    from running import ROOT, run_tool

    from mmaction_d3d.datasets import safe_pickle
    from mmaction_d3d.engine import DATA_VARIABLE
    data = rgb_pose_data(num_videos=3, num_frames=4)
    for split, clip in zip(sorted(splits), data.annotations):
        folder = tmp_path / 'videos' / split / 'wave'
        folder.mkdir(parents=True)
        shutil.copy(data.video_dir / f'{clip["frame_dir"]}.mp4', folder / f'{split}.mp4')
    pickled = tmp_path / 'annotations.pkl'
    # Videos of one content in two splits are refused: each gets one of its own.
    for index, path in enumerate(sorted((tmp_path / 'videos').rglob('*.mp4'))):
        path.write_bytes(path.read_bytes() + bytes(index))
    assert run_tool('tools/data/prepare_custom.py', tmp_path / 'videos', '--out', pickled,
                    '--workers', 1) == 0
    content = safe_pickle.load(pickled)
    for clip, known in zip(content['annotations'], data.annotations):
        clip.update({key: known[key] for key in ('keypoint', 'keypoint_score')})
    pickled.write_bytes(pickle.dumps(content))
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    cfg = Config.fromfile(ROOT / 'configs' / 'd3d_custom.py').test_dataloader.dataset
    cfg.update(pipeline=[], num_classes=1)
    assert DATASETS.build(cfg).get_data_info(0)['frame_dir'] == f'{tested}/wave/{tested}'


def test_a_clip_may_have_several_labels(data):
    for annotation, labels in zip(data.annotations, ([0, 2], (1, ), np.array([0, 1]))):
        annotation['label'] = labels
    data.save()
    dataset = data.build(multi_class=True, num_classes=3)
    assert [dataset.get_cat_ids(index) for index in range(3)] == [[0, 2], [1], [0, 1]]
    assert dataset[2]['label'].tolist() == [1, 1, 0]
    for label in (0, [], [3], [-1], ['a'], None):
        data.annotations[0]['label'] = label
        data.save()
        with pytest.raises(InputError, match='label: found'):
            data.build(multi_class=True, num_classes=3)
    with pytest.raises(InputError, match='num_classes: found nothing'):
        data.build(multi_class=True)


def test_labels_for_balancing(data):
    dataset = data.build()
    assert [dataset.get_cat_ids(index) for index in range(3)] == [[0], [1], [0]]


FRAMES = [dict(type='AlignedSampleFrames', clip_len=4), dict(type='AlignedDecode')]


def test_rgb_alone_needs_no_skeletons(rgb_pose_data, monkeypatch):
    data = rgb_pose_data(num_videos=2)
    for annotation in data.annotations:
        del annotation['keypoint'], annotation['keypoint_score']
    data.content['layout'] = 'h36m17'  # of joints that are not read
    data.save()
    with pytest.raises(InputError, match='layout|keypoint'):
        data.build(FRAMES)
    lines = logged(monkeypatch)
    clip = data.build(FRAMES, modality='rgb')[0]
    assert clip['keypoint'].shape == (1, 4, 17, 2) and not clip['keypoint_score'].any()
    assert max(frame.max() for frame in clip['imgs']) > 200  # the bright square
    assert len(lines) == 1 and "RGB alone, as modality='rgb' says" in lines[0]


def test_skeletons_alone_need_no_videos(rgb_pose_data):
    data = rgb_pose_data(num_videos=2)
    whole = data.build(FRAMES[:1], test_mode=True)[0]
    for video in data.video_dir.iterdir():
        video.unlink()
    data.video_dir.rmdir()
    clip = data.build(FRAMES, modality='pose', data_prefix=None, test_mode=True)[0]
    assert {frame.shape for frame in clip['imgs']} == {(64, 80, 3)}
    assert all(frame.flags.writeable and not np.ptp(frame, (0, 1)).any() for frame in clip['imgs'])
    assert (clip['keypoint_score'] == np.float32(0.9)).all() and whole['keypoint'].any()


def test_an_unknown_modality_is_refused(data):
    with pytest.raises(InputError, match="modality: found 'RGB', want one of both, rgb, pose"):
        data.build(modality='RGB')


def test_joints_at_minus_one_without_a_score_are_missing(data):
    for annotation in data.annotations:
        annotation['keypoint'][0, :, 3] = -1
        annotation['keypoint'][0, :, 4] = [-1, 5]  # beyond the left edge
        del annotation['keypoint_score']
    data.save()
    seen = data.build().get_data_info(0)['keypoint_score'][0] > 0
    assert not seen[:, 3].any() and seen[:, [2, 4, 5]].all()


def test_frames_of_full_size_are_not_kept(rgb_pose_data):
    dataset = rgb_pose_data(num_videos=1).build(
        pipeline=[*FRAMES, dict(type='Resize', scale=(-1, 24))])
    assert [type(step).__name__
            for step in dataset.pipeline.transforms] == ['AlignedSampleFrames', 'AlignedDecode']
    assert min(dataset[0]['imgs'][0].shape[:2]) == 24
