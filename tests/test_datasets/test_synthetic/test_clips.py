"""What the classes and clips of the synthetic data set promise."""
import pickle

import numpy as np
import pytest

from mmaction_d3d.datasets.synthetic import CLASSES, MOTIONS, OBJECTS
from mmaction_d3d.datasets.synthetic import clips as clips_module
from mmaction_d3d.datasets.synthetic.motions import hand_phase
from mmaction_d3d.datasets.synthetic.people import JOINT

from .support import LEVELS, clips, make_clip


@pytest.mark.parametrize('difficulty', LEVELS)
def test_a_clip_is_a_function_of_seed_split_and_index(difficulty):
    first, again = make_clip(3, difficulty), make_clip(3, difficulty)
    assert pickle.dumps(first.annotation) == pickle.dumps(again.annotation)
    np.testing.assert_array_equal(first.frames(), again.frames())


@pytest.mark.parametrize('other', [dict(seed=1), dict(split='val'), dict(index=8)])
def test_another_seed_split_or_index_gives_another_clip(other):
    first, two = make_clip().annotation, make_clip(**other).annotation
    assert first['keypoint'].shape != two['keypoint'].shape or (np.abs(first['keypoint'] -
                                                                       two['keypoint']).max() > 1)


def test_labels_are_balanced_products_of_motion_and_object():
    annotations = [make_clip(i).annotation for i in range(len(CLASSES))]
    assert sorted(a['label'] for a in annotations) == list(range(len(CLASSES)))
    for a in annotations:
        name = f'{MOTIONS[a["motion"]]}_{OBJECTS[a["object"]]}'
        assert CLASSES[a['label']] == name


@pytest.mark.parametrize('motion', MOTIONS)
@pytest.mark.parametrize('frame', [0, 13, 31])
def test_at_any_frame_the_phase_of_every_motion_is_uniform(motion, frame):
    rng = np.random.default_rng(0)
    phase = np.array([hand_phase(rng, motion, 32)[frame] for _ in range(4000)])
    counts, _ = np.histogram(phase % (2 * np.pi), 16, (0, 2 * np.pi))
    chi2 = ((counts - 250)**2 / 250).sum()
    assert chi2 < 37.7  # 99.9 % of chi-squared with 15 degrees of freedom


@pytest.mark.parametrize('difficulty', LEVELS)
def test_a_frame_depends_on_the_phase_at_that_frame_only(difficulty, monkeypatch):
    """With the uniform phase: a single frame says nothing of the motion."""
    drawn = []
    for speed in (0, 0.5, -0.5):
        monkeypatch.setattr(clips_module, 'hand_phase',
                            lambda rng, motion, num, speed=speed: 1 + speed * (np.arange(num) - 2))
        clip = make_clip(1, difficulty)
        drawn.append((clip.frames(), clip.annotation['keypoint'], clip.annotation['object_box']))
    for frames, keypoint, box in drawn[1:]:
        np.testing.assert_array_equal(frames[2], drawn[0][0][2])
        np.testing.assert_array_equal(keypoint[:, 2], drawn[0][1][:, 2])
        np.testing.assert_array_equal(box[2], drawn[0][2][2])
        assert (frames[1] != drawn[0][0][1]).any()


@pytest.mark.parametrize('difficulty', LEVELS)
def test_keypoints_do_not_depend_on_the_object(difficulty, monkeypatch):
    plain = make_clip(1, difficulty).annotation
    monkeypatch.setattr(clips_module, 'OBJECTS', OBJECTS[::-1])
    other = make_clip(1, difficulty).annotation
    np.testing.assert_array_equal(other['keypoint'], plain['keypoint'])
    np.testing.assert_array_equal(other['keypoint_score'], plain['keypoint_score'])


@pytest.mark.parametrize('motion, low, high', [('circle', 360, 720), ('swing', 120, 240),
                                               ('shake', 30, 70), ('hold', 0, 16)])
def test_the_motions_differ_in_how_far_the_hand_goes(motion, low, high):
    rng = np.random.default_rng(1)
    for _ in range(200):
        assert low <= np.rad2deg(np.ptp(hand_phase(rng, motion, 32))) <= high


def test_circles_turn_both_ways():
    rng = np.random.default_rng(2)
    turns = [hand_phase(rng, 'circle', 32)[[0, -1]] for _ in range(50)]
    assert {first < last for first, last in turns} == {True, False}


@pytest.mark.parametrize('difficulty', LEVELS)
def test_the_object_is_8_pixels_wide_and_high_at_64_pixel_input_and_in_the_picture(difficulty):
    for clip in clips(difficulty):
        box = clip.annotation['object_box'] * 64 / clip.size
        assert (box[:, 2:] - box[:, :2]).min() >= 8
        assert box.min() >= 0 and box.max() <= 64


def test_the_object_is_drawn_in_its_box():
    """A frame with the object differs from one without it only there, and mostly there."""
    for index in range(4):
        clip = make_clip(index, num_frames=1)
        with_object = clip.frames()[0].astype(int)
        bare = make_clip(index, num_frames=1)
        bare.main.thing = None
        changed = np.abs(with_object -
                         bare.frames()[0]).max(-1) > 3  # grey clothes may stand before grey walls
        x1, y1, x2, y2 = clip.annotation['object_box'][0]
        rows, columns = np.nonzero(changed)
        assert columns.min() >= x1 - 1 and columns.max() <= x2 + 1
        assert rows.min() >= y1 - 1 and rows.max() <= y2 + 1
        assert changed.sum() > 0.3 * (x2 - x1) * (y2 - y1)


@pytest.mark.parametrize('difficulty, tolerance', [('easy', 0), ('pair', 0), ('hard', 2)])
def test_the_right_wrist_keypoint_is_on_the_object(difficulty, tolerance):
    """To the noise of the keypoints, which the tolerance (pixels of 96) allows for."""
    for clip in clips(difficulty):
        a = clip.annotation
        wrist = a['keypoint'][a['main_person'], :, JOINT['right_wrist']]
        seen = a['keypoint_score'][a['main_person'], :, JOINT['right_wrist']] > 0
        box = a['object_box'][seen]
        away = np.maximum(box[:, :2] - wrist[seen], wrist[seen] - box[:, 2:])
        assert away.max() <= tolerance


def test_the_object_is_centred_in_its_box():
    """Pixels and keypoints have one origin: to a tenth of a pixel in the mean of many balls."""
    away = []
    for index in range(0, 48, 2):
        clip, bare = make_clip(index, num_frames=1), make_clip(index, num_frames=1)
        bare.main.thing = None
        changed = np.abs(clip.frames()[0].astype(int) - bare.frames()[0]).max(-1) > 12
        rows, columns = np.nonzero(changed)
        x1, y1, x2, y2 = clip.annotation['object_box'][0]
        away.append((columns.min() + columns.max() - x1 - x2, rows.min() + rows.max() - y1 - y2))
    assert np.abs(np.mean(away, 0) / 2).max() < 0.13


def test_keypoints_are_on_the_drawn_body():
    """Beside the body the background shows; at the hips and shoulders it does not."""
    torso = [JOINT[f'{side}_{part}'] for side in ('right', 'left') for part in ('hip', 'shoulder')]
    for index in range(4):
        clip, bare = make_clip(index, num_frames=1), make_clip(index, num_frames=1)
        bare.actors = []
        drawn = np.abs(clip.frames()[0].astype(int) -
                       bare.frames()[0]).max(-1) > 3  # grey clothes may stand before grey walls
        points = clip.main.joints_2d[0, torso] * clip.size
        hits = [drawn[int(y) - 1:int(y) + 2, int(x) - 1:int(x) + 2].any() for x, y in points]
        assert all(hits)
        assert 0.05 < drawn.mean() < 0.5


def test_missing_joints_have_score_and_coordinates_0():
    for clip in clips('hard'):
        a = clip.annotation
        missing = a['keypoint_score'] == 0
        assert (a['keypoint'][missing] == 0).all()
        assert (a['keypoint_score'][~missing] >= 0.5).all()
        assert (a['keypoint'] >= 0).all() and (a['keypoint'] < clip.size).all()


def test_only_the_hard_set_moves_the_main_person_out_of_slot_0():
    slots = {level: {c.annotation['main_person'] for c in clips(level)} for level in LEVELS}
    assert slots == dict(easy={0}, pair={0}, hard={0, 1})


def test_hard_clips_have_more_missing_joints_and_second_people():

    def share(level):
        annotations = [c.annotation for c in clips(level)]
        return (np.mean([(a['keypoint_score'] == 0).mean() for a in annotations]),
                np.mean([len(a['keypoint']) - 1 for a in annotations]))

    easy, hard = share('easy'), share('hard')
    assert easy[0] < hard[0] and easy[1] < hard[1]


def test_the_two_of_a_pair_hold_different_objects_and_the_skeleton_of_one_is_given():
    for clip in clips('pair'):
        assert sorted(actor.thing.kind for actor in clip.actors) == sorted(OBJECTS)
        a = clip.annotation
        assert len(a['keypoint']) == 1 and len(a['person_ids']) == 2
        assert clip.main.thing.kind == OBJECTS[a['object']]
        seen = a['keypoint_score'][0] > 0
        away = np.abs(a['keypoint'][0] - clip.main.joints_2d * clip.size).max(-1)
        assert away[seen].max() < 2


def _other(clip):
    return next(actor for actor in clip.actors if actor is not clip.main)


@pytest.mark.parametrize('trait', [
    lambda clip: clip.main is clip.actors[0], lambda clip: clip.main.x.mean() < 0.5,
    lambda clip: clip.main.zoom.mean() < _other(clip).zoom.mean(),
    lambda clip: clip.main.ground.mean() < _other(clip).ground.mean(),
    lambda clip: clip.main.thing.extent < _other(clip).thing.extent,
    lambda clip: clip.main.person.height < _other(clip).person.height
], ids=['order', 'place', 'size', 'ground', 'object', 'height'])
def test_nothing_of_a_pair_tells_which_of_the_two_is_meant(trait):
    share = np.mean([trait(clip) for clip in clips('pair', 400)])
    assert abs(share - 0.5) < 0.083  # 99.9 % of the means of 400 throws of a coin


def test_the_other_person_of_a_pair_has_any_motion(monkeypatch):
    drawn, hand_phase = [], clips_module.hand_phase
    monkeypatch.setattr(
        clips_module, 'hand_phase',
        lambda rng, motion, num: drawn.append(MOTIONS.index(motion)) or hand_phase(
            rng, motion, num))
    pairs = clips('pair', 400)
    table = np.zeros((len(MOTIONS), len(MOTIONS)))
    for clip, *motions in zip(pairs, drawn[::2], drawn[1::2]):
        main = clip.actors.index(clip.main)
        assert motions[main] == clip.annotation['motion']
        table[motions[main], motions[1 - main]] += 1
    assert ((table - 25)**2 / 25).sum() < 37.7  # 99.9 % of chi-squared with 15 degrees of freedom


def test_the_people_of_a_pair_do_not_hide_one_another():
    """Each stays in a half of the picture with all that is drawn of it."""
    for clip in clips('pair', 40):
        sides = []
        for actor in clip.actors:
            corners = np.concatenate([outline for outline, _ in actor.parts(2 * clip.size)], 1)
            sides.append((corners[..., 0].min(), corners[..., 0].max()))
        (_, end), (start, _) = sorted(sides)
        assert end <= start + 1  # pixels of the frames drawn twice as large


def test_an_identity_looks_the_same_in_every_clip_and_unlike_others():
    looks = {}
    for clip in clips('hard', 60):
        looks.setdefault(clip.annotation['person_ids'][clip.annotation['main_person']],
                         []).append(clip.main.person)
    assert max(map(len, looks.values())) > 1
    assert all(person == same[0] for same in looks.values() for person in same)
    assert len({same[0] for same in looks.values()}) == len(looks)
