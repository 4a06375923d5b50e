"""Pictures of a run, from files as train and test write them."""
import json
import pickle
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation import wilson_interval
from mmaction_d3d.evaluation.run_records import read_clips
from mmaction_d3d.visualization import run_pictures
from mmaction_d3d.visualization.run_report import draw_run

TRAINING = [dict(loss=2. / step, lr=0.1, step=step) for step in (10, 20)]
VALIDATION = [{'acc/top1': 0.5, 'step': 1}]


def content(**changes):
    """Eight clips of three classes, the last but one and the last of which are wrong."""
    label = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    score = np.eye(3)[[0, 0, 0, 1, 1, 1, 0, 1]] * 0.6 + 0.1
    score[7] = 0.3, 0.4, 0.3
    values = dict(name=np.array([f'clip{i}' for i in range(8)]), source=np.array(['video.mp4'] * 8),
                  frame_inds=np.tile([0, 3, 5], (8, 1)), label=label, score=score,
                  feature=np.random.default_rng(0).normal(size=(8, 6)),
                  classes=np.array(['a', 'b', 'c']))
    return {**values, **changes}


@pytest.fixture(scope='module')
def work(tmp_path_factory, square_video):
    """A work directory of a training and a test."""
    tmp_path = tmp_path_factory.mktemp('work')
    square_video.write(tmp_path / 'video.mp4', square_video.draw(6, (32, 48)))
    np.savez(tmp_path / 'clips.npz', **content(source=np.array([str(tmp_path / 'video.mp4')] * 8)))
    folder = tmp_path / '20260101_000000' / 'vis_data'
    folder.mkdir(parents=True)
    (folder / 'scalars.json').write_text('\n'.join(map(json.dumps, [*TRAINING, *VALIDATION])) +
                                         '\n')
    return tmp_path


@pytest.fixture(scope='module')
def pictures(work):
    return draw_run(work)


def test_all_that_there_are_files_for_is_drawn(pictures, work, tmp_path):
    assert list(pictures) == ['confusion', 'accuracy_by_class', 'embedding', 'mistakes', 'training']
    shutil.copytree(work / '20260101_000000', tmp_path / '20260101_000000')
    assert list(draw_run(tmp_path)) == ['training']


def test_the_confusion_counts_true_classes_in_rows(pictures):
    axis = pictures['confusion'].axes[0]
    counts = {text.get_position(): text.get_text() for text in axis.texts}
    assert counts == {(0, 0): '3', (1, 1): '3', (0, 2): '1', (1, 2): '1'}  # (column, row)
    low, high = wilson_interval(6, 8)
    assert f'6 of 8 clips; 95 % interval {low:.3f} to {high:.3f}' in axis.get_title()


def test_accuracy_by_class_has_wilsons_intervals(pictures):
    axis = pictures['accuracy_by_class'].axes[0]
    assert [label.get_text()
            for label in axis.get_yticklabels()] == ['c (0 of 2)', 'a (3 of 3)', 'b (3 of 3)']
    ends = axis.containers[0][2][0].get_segments()[0][:, 0]
    np.testing.assert_allclose(ends, wilson_interval(0, 2))


def test_the_embedding_has_a_point_for_each_clip_and_a_cross_for_each_mistake(pictures):
    axis = pictures['embedding'].axes[0]
    points = [len(part.get_offsets()) for part in axis.collections]
    assert points == [3, 0, 3, 0, 0, 2]  # right and wrong ones of each class


@pytest.fixture
def captions(monkeypatch):
    """Texts of the captions that are drawn."""
    texts, original = [], run_pictures.caption
    monkeypatch.setattr(run_pictures, 'caption',
                        lambda text, width: texts.append(text) or original(text, width))
    return texts


def test_the_worst_mistakes_come_first_with_their_frames(work, captions):
    picture = draw_run(work)['mistakes']
    assert [text.split(':')[0] for text in captions] == ['clip6', 'clip7']
    assert 'c (10%), recognised as a (70%)' in captions[0]
    assert picture.shape[1] >= 6 * 160 and picture.shape[0] > 2 * 160 * 32 / 48
    captions.clear()
    fewer = run_pictures.worst_mistakes(read_clips(str(work / 'clips.npz')), 1)
    assert len(captions) == 1 and len(fewer) < 0.6 * len(picture)


def test_a_true_class_that_is_no_better_than_another_is_a_mistake(work):
    clips = read_clips(str(work / 'clips.npz'))
    tied = clips._replace(score=np.full((8, 3), 1 / 3))  # argmax names the first
    assert run_pictures.mistakes_of(tied, 12) == [3, 4, 5, 6, 7]
    assert run_pictures.mistakes_of(clips, 1) == [6]


def test_mistakes_among_folders_of_frames_are_drawn_too(square_video, tmp_path):
    drawn = square_video.draw(6, (32, 160))
    for index, frame in enumerate(drawn):
        cv2.imwrite(str(tmp_path / f'{index + 1:06}.png'), frame[..., ::-1])
    np.savez(tmp_path / 'clips.npz', **content(source=np.array([str(tmp_path)] * 8)))
    picture = draw_run(tmp_path)['mistakes']
    for column, index in enumerate((0, 0, 3, 3, 5, 5)):
        part = picture[:, 164 * column:164 * column + 160]
        assert any((part[top:top + 32] == drawn[index]).all() for top in range(len(part) - 32))


def test_a_step_that_a_resumed_run_logged_again_counts_once(work, tmp_path):
    shutil.copytree(work / '20260101_000000', tmp_path / '20260101_000000')
    later = tmp_path / '20260101_000001' / 'vis_data'
    later.mkdir(parents=True)
    (later / 'scalars.json').write_text(json.dumps(dict(loss=7., lr=0.1, step=20)))
    axes = {axis.get_title(): axis for axis in draw_run(tmp_path)['training'].axes}
    assert axes['training: loss'].lines[0].get_xydata().tolist() == [[10, 0.2], [20, 7]]
    assert axes['validation'].lines[0].get_xydata().tolist() == [[1, 0.5]]


class _Harm:

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path, )


def test_code_in_a_dump_is_not_run(tmp_path):
    harm = _Harm(tmp_path / 'mark')
    np.savez(tmp_path / 'a.npz', **content(name=np.array([harm] * 8, object)))
    (tmp_path / 'b.npz').write_bytes(pickle.dumps(harm))
    for name in 'ab':
        with pytest.raises(InputError, match='dump: found (ValueError|BadZipFile)'):
            read_clips(str(tmp_path / f'{name}.npz'))
    assert not harm.path.exists()


@pytest.mark.parametrize('changes, says', [
    (dict(label=np.arange(8)), 'label: found 0 to 7, want classes of the 3 scores'),
    (dict(classes=np.array(['a'])), 'classes: found 1 names, want one for each of the 3 scores'),
    (dict(frame_inds=np.zeros((8, 0), int)), r'frame_inds: found shape \(8, 0\), want'),
    (dict(name=np.array(['a'])), 'dump: found .* values, want as many of each'),
])
def test_a_dump_that_contradicts_itself_is_refused(tmp_path, changes, says):
    np.savez(tmp_path / 'a.npz', **content(**changes))
    with pytest.raises(InputError, match=says):
        read_clips(str(tmp_path / 'a.npz'))


def test_an_empty_work_directory_is_refused(tmp_path):
    with pytest.raises(InputError, match='WORK_DIR: found neither'):
        draw_run(tmp_path)
    with pytest.raises(InputError, match='WORK_DIR: found no such folder'):
        draw_run(tmp_path / 'none')
    with pytest.raises(InputError, match='dump: found no such file'):
        draw_run(tmp_path, str(tmp_path / 'none.npz'))
