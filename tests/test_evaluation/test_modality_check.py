"""The check of what a model uses, on models of which it is known."""
import csv
from functools import partial

import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.utils import get_installed_path
from torch import nn

from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.intervals import wilson_interval
from mmaction_d3d.evaluation.modality_check import SHORT, modality_check, write_csv
from mmaction_d3d.evaluation.modality_conditions import CONDITIONS
from mmaction_d3d.skeletons import get_layout

NUM_CLIPS, FRAMES = 12, 8
NAMES = [condition.name for condition in CONDITIONS]


class Clips(list):
    """Packed clips, each of a class of its own."""
    layout = get_layout('coco17')


def pack(label, **inputs):
    sample = ActionDataSample().set_gt_label(label)
    return dict(inputs={key: value.clone() for key, value in inputs.items()}, data_samples=sample)


@pytest.fixture
def clips():
    """Frame t has the colour 10 + label + 20 t, and joint r of it the x 100 label + 17 t + r."""
    clip_set = Clips()
    for label in range(NUM_CLIPS):
        imgs = (10 + label + 20 * torch.arange(FRAMES)).to(torch.uint8)
        imgs = imgs.view(1, 1, -1, 1, 1).expand(1, 3, -1, 4, 4)
        x = 100. * label + torch.arange(FRAMES)[:, None] * 17 + torch.arange(17)
        clip_set.append(pack(label, imgs=imgs, keypoint=torch.stack([x, x, 0 * x + 1], -1)[None]))
    return clip_set


class Model(nn.Module):
    """Predicts what a function of a clip's inputs says."""

    def __init__(self, predict):
        super().__init__()
        self.predict = predict

    def test_step(self, batch):
        for index, sample in enumerate(batch['data_samples']):
            inputs = {key: value[index] for key, value in batch['inputs'].items()}
            score = torch.zeros(NUM_CLIPS + 1)
            label = int(self.predict(inputs))
            score[label if 0 <= label < NUM_CLIPS else NUM_CLIPS] = 1
            sample.set_pred_score(score)
        return batch['data_samples']


def colour(inputs):
    """Read the label from the frames, whatever their order."""
    return inputs['imgs'].float().amin() - 10


def place(inputs):
    """Read the label from the skeleton, whatever the order of its frames."""
    return inputs['keypoint'][..., 0].amin() // 100 if inputs['keypoint'][..., 2].any() else -1


def top1(predict, clips, **kwargs):
    return {row.condition: row.top1 for row in modality_check(Model(predict), clips, 5, **kwargs)}


def test_clips_are_named_in_the_order_of_the_data_set(clips):
    for row in modality_check(Model(lambda inputs: colour(inputs) // 2 * 2), clips, 5,
                              names=['as is', 'skeletons of other clips']):
        assert row.right == (True, False) * (NUM_CLIPS // 2) and row.correct == NUM_CLIPS / 2


def test_what_is_said_is_what_was_seen(clips):
    said = {row.condition: row.meaning for row in modality_check(Model(place), clips, 5)}
    assert said['as is'] == 'What all others are compared with.'
    assert said['skeletons of other clips'] == 'The model uses the skeleton.'
    assert said['RGB of other clips'] == 'No use of RGB is seen.'
    assert said['frames shuffled'] == 'No use of the order of the frames is seen.'
    # Of five clips not even all that are lost are more than chance.
    few = modality_check(Model(place), Clips(clips[:5]), 5, names=['no skeleton'])
    assert [row.top1 for row in few] == [1, 0]
    assert few[1].meaning == 'No need of the skeleton is seen.'


def names_with(*needs):
    return {each.name for each in CONDITIONS if set(needs) & set(each.needs)}


@pytest.mark.parametrize('predict, spoils', [
    (colour, {'blank RGB', 'RGB of other clips', 'one frame repeated'}),
    (place, {'skeletons of other clips', 'no skeleton', 'one frame repeated'}),
])
def test_a_model_of_one_modality_suffers_from_what_is_done_to_it_alone(predict, spoils, clips):
    accuracy = top1(predict, clips)
    assert list(accuracy) == NAMES
    assert {name for name, value in accuracy.items() if value < 0.2} <= spoils
    for name in spoils - {'one frame repeated'}:
        assert accuracy[name] <= 1 / NUM_CLIPS  # the colour of a blank may be that of one label
    assert all(value == 1 for name, value in accuracy.items() if name not in spoils)


def test_order_of_the_frames(clips):
    """A model that knows a label only where the frames of a modality run on."""

    def runs_on(values):
        return (values.diff() > 0).all()

    def rgb(inputs):
        return colour(inputs) if runs_on(inputs['imgs'][0, 0, :, 0, 0].float()) else -1

    def skeleton(inputs):
        return place(inputs) if runs_on(inputs['keypoint'][0, :, 0, 0]) else -1

    shuffled = {'frames shuffled', 'RGB frames shuffled', 'skeleton frames shuffled'}
    for predict, other in ((rgb, 'skeleton frames shuffled'), (skeleton, 'RGB frames shuffled')):
        accuracy = top1(predict, clips)
        assert accuracy[other] == 1
        assert {accuracy[name] for name in shuffled - {other}} == {0}
        assert accuracy['one frame repeated'] == 0


def test_both_are_shuffled_and_repeated_together(clips):
    """Frames stay with their skeletons: joint 0 of frame t is at 17 t, its colour 20 t."""

    def together(inputs):
        image = (inputs['imgs'][0, 0, :, 0, 0].float() - 10) // 20
        skeleton = inputs['keypoint'][0, :, 0, 0] % 100 // 17
        label = int(inputs['keypoint'][..., 0].amin() // 100)
        return label if (image == skeleton % 5).all() else -1

    few = Clips(clip for clip in clips)
    for clip in few:
        for key, axis in dict(imgs=2, keypoint=1).items():
            clip['inputs'][key] = clip['inputs'][key].narrow(axis, 0, 5)
    accuracy = top1(together, few)
    assert accuracy['as is'] == accuracy['frames shuffled'] == 1
    assert accuracy['RGB frames shuffled'] < 0.3 and accuracy['skeleton frames shuffled'] < 0.3


def test_left_and_right_are_exchanged_by_name(clips):
    layout = get_layout('coco17')
    left, right = layout.joints.index('left_wrist'), layout.joints.index('right_wrist')

    def sides(inputs):
        x = inputs['keypoint'][0, 0, :, 0]
        return place(inputs) if x[left] < x[right] else -1

    accuracy = top1(sides, clips)
    assert accuracy['left and right exchanged'] == 0 and accuracy['as is'] == 1


@pytest.mark.parametrize('aligned', [True, False])
def test_heatmaps_of_both_layouts(aligned, clips):
    """Eq. 2's, N x T x R x h x w, and MMAction2's, N x V x T' x h x w."""
    layout = get_layout('coco17')
    left, right = layout.left[0], layout.right[0]
    for clip in clips:
        frames = FRAMES if aligned else 24
        maps = torch.zeros(1, frames, 17, 2, 2)
        maps[:, :, left] = torch.arange(1., frames + 1).view(
            1, -1, 1, 1) + 100 * int(clip['data_samples'].gt_label)
        clip['inputs'] = dict(imgs=clip['inputs']['imgs'],
                              heatmap_imgs=maps if aligned else maps.transpose(1, 2).contiguous())

    def predict(inputs, wanted):
        maps = inputs['heatmap_imgs'] if aligned else inputs['heatmap_imgs'].transpose(1, 2)
        values = maps[0, :, left, 0, 0]
        label = int(values.amin() // 100) if maps[0, :, right].sum() == 0 and maps.any() else -1
        return -1 if wanted and (values.diff() <= 0).any() else label

    for ordered in (True, False):
        accuracy = top1(partial(predict, wanted=ordered), clips)
        assert accuracy['skeletons of other clips'] == accuracy['no skeleton'] == 0
        assert accuracy['left and right exchanged'] == 0
        assert accuracy['skeleton frames shuffled'] == accuracy['frames shuffled'] == 1 - ordered
        assert accuracy['RGB of other clips'] == accuracy['RGB frames shuffled'] == 1


def test_every_clip_gets_another_ones_modality_once(clips):
    given = []

    def remember(inputs):
        given.append(int(place(inputs)))
        return 0

    modality_check(Model(remember), clips, NUM_CLIPS, names=['skeletons of other clips'])
    own, others = given[:NUM_CLIPS], given[NUM_CLIPS:]
    assert sorted(own) == sorted(others) == list(range(NUM_CLIPS))
    assert all(mine != other for mine, other in zip(own, others))


def test_clips_without_a_modality_leave_out_its_conditions(clips):
    for clip in clips:
        del clip['inputs']['keypoint']
    assert set(top1(colour, clips)) == set(NAMES) - names_with('skeleton')


def test_the_clips_stay_as_they_are_and_a_second_check_gives_the_same(clips):
    before = [{key: value.clone() for key, value in clip['inputs'].items()} for clip in clips]
    assert top1(place, clips, names=SHORT) == top1(place, clips, names=SHORT)
    for clip, inputs in zip(clips, before):
        assert all((clip['inputs'][key] == value).all() for key, value in inputs.items())
        assert 'pred_score' not in clip['data_samples']


def test_the_table_has_intervals_and_a_sentence(clips, tmp_path):
    rows = modality_check(Model(place), clips, names=SHORT)
    write_csv(tmp_path / 'check.csv', rows)
    table = list(csv.DictReader((tmp_path / 'check.csv').open()))
    assert [row['condition'] for row in table] == list(SHORT)
    assert all(row['meaning'].endswith('.') for row in table)
    assert float(table[1]['high']) == pytest.approx(wilson_interval(0, NUM_CLIPS)[1], abs=1e-4)
    assert table[0]['clips'] == str(NUM_CLIPS) and rows[0].line().split()[2] == '1.000'


@pytest.mark.parametrize('change, message', [
    (lambda clip: clip.update(inputs=clip['inputs']['imgs']), 'inputs: found a single tensor'),
    (lambda clip: clip.update(inputs=dict(audio=torch.zeros(1))), 'inputs: found audio'),
    (lambda clip: clip['inputs'].update(imgs=torch.zeros(8, 3, 4, 4)), 'imgs: found 4 axes'),
    (lambda clip: clip['inputs'].update(keypoint=torch.zeros(1, 8, 5, 3)),
     'keypoint: found clips of|keypoint: found 5 joints'),
    (lambda clip: clip['data_samples'].set_field(torch.zeros(3), 'gt_label'),
     'gt_label: found several'),
])
def test_what_cannot_be_checked_is_named(change, message, clips):
    change(clips[3])
    with pytest.raises(InputError, match=message):
        modality_check(Model(lambda inputs: 0), clips)


def test_one_clip_cannot_be_exchanged(clips):
    with pytest.raises(InputError, match='clips: found 1, want 2 or more'):
        modality_check(Model(place), Clips(clips[:1]))


def test_mmactions_own_model_of_both_modalities():
    init_default_scope('mmaction')
    path = '.mim/configs/skeleton/posec3d/rgbpose_conv3d/rgbpose_conv3d.py'
    cfg = Config.fromfile(f'{get_installed_path("mmaction")}/{path}').model
    cfg.backbone.rgb_pathway.base_channels = 8
    cfg.backbone.pose_pathway.base_channels = 4
    cfg.cls_head.in_channels = (256, 64)
    clips = Clips(
        pack(label, imgs=torch.randint(0, 255, (
            1, 3, 8, 32, 32), dtype=torch.uint8), heatmap_imgs=torch.rand(1, 17, 32, 8, 8))
        for label in range(2))
    rows = modality_check(MODELS.build(cfg), clips, 2)
    assert [row.condition for row in rows] == NAMES
    assert all(row.total == 2 for row in rows)


def test_our_model(recognizer, dataset):
    rows = modality_check(recognizer(), dataset, 2)
    assert [row.condition for row in rows] == NAMES
