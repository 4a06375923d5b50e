"""Parts of a data set that share clips, and videos that are not what annotations say."""
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmaction_d3d.datasets.checking import media
from mmaction_d3d.engine import check_test_data, check_training_data
from mmaction_d3d.errors import InputError


@pytest.fixture
def data(rgb_pose_data):
    return rgb_pose_data(num_videos=4, num_frames=8)


def check(data, train=None, val=None, test=None, check=check_training_data, **variables):
    """Check what these arguments of data sets make."""
    evaluated = dict(split='test', test_mode=True)
    parts = dict(train=dict(split='train') | (train or {}), val=evaluated | (val or {}),
                 test=evaluated | (test or {}))
    cfg = Config({
        f'{name}_dataloader': dict(dataset=data.dataset_cfg(**fields))
        for name, fields in parts.items()
    } | variables)
    loops = {
        f'{name}_loop': SimpleNamespace(dataloader=SimpleNamespace(dataset=data.build(**fields)))
        for name, fields in parts.items()
    }
    check(cfg, SimpleNamespace(**loops))


def test_parts_without_common_clips(data):
    check(data)


def test_frame_folders_are_looked_at_too(data, lines):
    images = dict(data_prefix=dict(img=str(data.write_frame_folders(start_index=0))), start_index=0)
    check(data, images, images, images)
    assert not lines


def share(data):
    data.content['split']['test'].append('clip0')
    data.save()
    return {}


def use_one_split(data):
    return dict(val=dict(split='train'))


def hold_training_clips_out(data):
    data.content['split']['held_out'] = ['clip1', 'clip2']
    data.save()
    return dict(test=dict(split='held_out'))


def list_under_another_name(data):
    data.content['split'] |= dict(more=['again'])
    data.annotations.append(dict(data.annotations[0], frame_dir='again', filename='clip0.mp4'))
    data.save()
    return dict(val=dict(split='more'))


SHARED = [share, use_one_split, hold_training_clips_out, list_under_another_name]


@pytest.mark.parametrize('change', SHARED)
def test_shared_clips_are_refused_unless_the_config_allows_them(data, change):
    parts = change(data)
    with pytest.raises(InputError, match='clip[01].*allow_shared_clips=True in the config'):
        check(data, **parts)
    check(data, **parts, allow_shared_clips=True)


def test_a_split_may_be_parted_by_indices(data):
    check(data, train=dict(indices=[0]), val=dict(split='train', indices=[1]))


@pytest.fixture
def lines(monkeypatch):
    """What is logged."""
    logged = []
    for module in ('datasets.checking.rules', 'engine.data_checks'):
        monkeypatch.setattr(f'mmaction_d3d.{module}.print_log',
                            lambda text, *args, **kwargs: logged.append(text))
    return logged


def test_a_test_whose_data_are_not_there_yet_stops_no_training(data, lines):
    cfg = dict(data.dataset_cfg(), split='later')
    loop = SimpleNamespace(dataloader=SimpleNamespace(dataset=data.build(split='train')))
    check_training_data(Config(dict(test_dataloader=dict(dataset=cfg))),
                        SimpleNamespace(train_loop=loop, val_loop=None))
    assert ['are not compared' in line for line in lines] == [True]


def turn(data):
    for annotation in data.annotations:
        annotation.update(img_shape=(80, 64), original_shape=(80, 64),
                          keypoint=np.minimum(annotation['keypoint'], 60))


def halve(data):
    for annotation in data.annotations:
        annotation.update(total_frames=4, keypoint=annotation['keypoint'][:, ::2],
                          keypoint_score=annotation['keypoint_score'][:, ::2])


def spoil(data):
    for clip in ('clip0', 'clip2'):
        (data.video_dir / f'{clip}.mp4').write_bytes(b'no video')


@pytest.mark.parametrize('tool', [check_training_data, check_test_data])
@pytest.mark.parametrize('change, says', [(turn, 'height and width exchanged'),
                                          (halve, 'joints of every second frame'),
                                          (spoil, 'cannot be decoded')])
def test_a_look_at_the_videos_shows_it(data, change, says, tool):
    change(data)
    data.save()
    with pytest.raises(InputError, match=says):
        check(data, check=tool)


def test_stretched_joints_are_named(data, lines):
    for annotation in data.annotations:
        annotation['img_shape'] = (64, 160)
    data.save()
    check(data)
    assert ['2 x frames of another shape' in line for line in lines] == [True, True]


def test_few_videos_are_opened_and_each_once(data, monkeypatch):
    opened = []
    monkeypatch.setattr(media, 'probe',
                        lambda clip: opened.append(clip.path) or media.MediaInfo(8, 64, 80, 25))
    media._glanced.cache_clear()
    monkeypatch.setattr('mmaction_d3d.engine.data_checks.SAMPLE', 1)
    check(data)
    check(data, check=check_test_data)
    assert [path[-9:] for path in opened] == ['clip0.mp4', 'clip2.mp4']
    media._glanced.cache_clear()


@pytest.mark.parametrize('start, refused', [
    (dict(check=check_test_data, load_from='w.pth'), True),
    (dict(resume=True, load_from='w.pth'), True),
    (dict(load_from='w.pth'), False),
], ids=['test', 'resumed', 'fine-tuned'])
def test_classes_are_those_of_the_checkpoint(data, start, refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(dict(state_dict={}, meta=dict(dataset_meta=dict(classes=['b', 'a']))), 'w.pth')
    data.content['classes'] = ['a', 'b']
    data.save()
    if refused:
        with pytest.raises(InputError, match="w.pth: classes: found class 0 is 'b', want 'a'"):
            check(data, **start)
    else:
        check(data, **start)


@pytest.mark.parametrize('trained, tested, refused',
                         [('pose', 'both', True), ('rgb', 'pose', True), ('rgb', 'rgb', False),
                          ('both', 'pose', False), (None, 'rgb', False)])
def test_a_model_is_tested_on_what_it_was_trained_on(data, trained, tested, refused, tmp_path):
    config = Config(
        dict(test_dataloader=dict(dataset=data.dataset_cfg(modality=trained, pipeline=[dict()]))))
    meta = {} if trained is None else dict(cfg=config.pretty_text)
    torch.save(dict(state_dict={}, meta=meta), tmp_path / 'w.pth')

    def test():
        check(data, test=dict(modality=tested), check=check_test_data,
              load_from=str(tmp_path / 'w.pth'))

    if refused:
        with pytest.raises(InputError, match=f'modality: found {tested}, want {trained}, on which'):
            test()
    else:
        test()
