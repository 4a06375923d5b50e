"""Pose tokens from either form of the skeleton."""
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from mmaction_d3d.errors import InputError
from mmaction_d3d.models.layers import PoseTokens
from mmaction_d3d.models.layers.coordinates import (
    coordinate_features,
    coordinate_width,
    normalise_clip,
)
from mmaction_d3d.models.layers.joint_heatmaps import MIN_REACH, joints_from_heatmaps

from .. import reference
from ..support import assert_matches_loops, assert_near, draw_joints, drawn, spread

JOINTS = 2


def build(num_person=2, **changes):
    torch.manual_seed(0)
    changes = {key.removeprefix('pose_'): value for key, value in changes.items()}
    return spread(PoseTokens(3, 4, JOINTS, num_person, **changes))


def draw(frames, size, joints, batch=2, seed=0):
    """F_a, time embedding and joints of a clip of `size` pixels."""
    generator = torch.Generator().manual_seed(seed)
    grid = [-(-side // 2) for side in size]
    maps = torch.randn(batch, 3, frames, *grid, generator=generator, dtype=torch.float64)
    time = torch.randn(frames, 4, generator=generator, dtype=torch.float64)
    return maps, time, draw_joints(batch, frames, joints, size=size, seed=seed)


def draw_heatmaps(keypoint, grid, **settings):
    return torch.stack([reference.heatmaps(clip, grid, **settings) for clip in keypoint])


def all_heatmaps_are_clear(keypoint, grid, sigma):
    """Whether no joint is so far out that rounding decides on whether it is visible."""
    for joint in keypoint.flatten(0, -2):
        reach = float(reference.heatmap(joint, grid, sigma, use_score=False).max())
        if MIN_REACH / 2 < reach < MIN_REACH * 2:
            return False
    return True


@given(st.integers(1, 3), st.tuples(st.integers(3, 9), st.integers(3, 9)), st.integers(1, 6),
       st.sampled_from([0.5, 1., 2.]), st.booleans(), st.sampled_from(['coords', 'none']),
       st.integers(0, 3), st.sampled_from([(), (1, ), (1, 2, 4)]), st.booleans(),
       st.integers(0, 99))
@example(20, (5, 3), 2, 1., True, 'coords', 0, (), False, 1)
@example(2, (9, 5), 6, 1., True, 'coords', 4, (), True, 2)
@example(5, (5, 3), 2, 1., True, 'coords', 2, (1, 2, 4), False, 3)
@drawn(10)
def test_tokens_and_gradients_are_those_of_the_loops(frames, size, num_person, sigma, use_score,
                                                     pose_embed, octaves, motion_lags, order_people,
                                                     seed):
    settings = dict(sigma=sigma, use_score=use_score, pose_embed=pose_embed, octaves=octaves,
                    motion_lags=motion_lags, order_people=order_people)
    module = build(num_person, **settings)
    config = dict(settings, num_joints=JOINTS)
    maps, time, keypoint = draw(frames, size, num_person * JOINTS, seed=seed)
    keypoint[0, ..., 2] *= seed % 4 > 0  # now and then nobody is seen in a clip

    def forward(maps, time, keypoint):
        tokens, visible = module(maps, time, keypoint)
        return [tokens, visible.double().requires_grad_()]

    def loops(p, maps, time, keypoint):
        clips = [
            reference.pose_tokens(p, clip, joints, time, config)
            for clip, joints in zip(maps, keypoint)
        ]
        tokens, visible = (torch.stack(part) for part in zip(*clips))
        return [tokens, visible.double().requires_grad_()]

    assert_matches_loops(module, forward, loops, maps=maps.requires_grad_(),
                         time=time.requires_grad_(), keypoint=keypoint)


@given(st.tuples(st.integers(4, 12), st.integers(4, 12)), st.sampled_from([0.5, 1., 1.5]),
       st.booleans(), st.sampled_from(['coords', 'none']), st.integers(0, 999))
@drawn(25)
def test_heatmaps_give_the_tokens_of_keypoints(size, sigma, use_score, pose_embed, seed):
    module = build(sigma=sigma, use_score=use_score, pose_embed=pose_embed)
    maps, time, keypoint = draw(2, size, 2 * JOINTS, seed=seed)
    grid = tuple(maps.shape[-2:])
    keypoint[0, 0, 0, 0] = float('nan')
    keypoint[1, 0, 0, 1] = float('inf')
    maps, time, keypoint = maps.float(), time.float(), keypoint.float()
    if not all_heatmaps_are_clear(keypoint, grid, sigma):
        return
    heatmaps = draw_heatmaps(keypoint, grid, sigma=sigma, use_score=use_score).float()
    tokens, visible = module(maps, time, keypoint)
    same_tokens, same_visible = module(maps, time, heatmaps=heatmaps)
    assert torch.equal(same_visible, visible)
    assert_near(same_tokens, tokens, tolerance=2e-5)


@pytest.mark.parametrize('use_score', [True, False])
@pytest.mark.parametrize('score', [1., 0.3, 0.01])
def test_heatmaps_tell_where_joints_at_the_border_are(score, use_score):
    places = [(0., 0.), (10., 8.), (5., 4.), (4.75, 4.), (-3., 4.), (12.9, 4.), (5., -2.),
              (5., 10.5)]
    module = build(num_person=4, use_score=use_score)
    maps, time, _ = draw(1, (8, 10), 8, batch=1)
    maps, time = maps.float(), time.float()
    keypoint = torch.tensor([[[[*place, score] for place in places]]])
    heatmaps = draw_heatmaps(keypoint, (4, 5), use_score=use_score).float()
    tokens, visible = module(maps, time, keypoint)
    assert visible.all()
    assert_near(module(maps, time, heatmaps=heatmaps)[0], tokens, tolerance=2e-5)


@pytest.mark.parametrize('sigma', [0.5, 1., 2.])
def test_joints_are_recovered_from_their_heatmaps(sigma):
    joints = torch.tensor([[[[0., 0., 1.], [10., 8., 0.1], [4.75, 4.1, 0.6], [11.4, -1.2, 0.8],
                             [3., 3., 0.]]]])
    heatmaps = draw_heatmaps(joints, (4, 5), sigma=sigma).float()
    recovered = joints_from_heatmaps(heatmaps, sigma, use_score=True)
    assert recovered.visible.tolist() == [[[True, True, True, True, False]]]
    assert_near(recovered.joints[:, :, :4], joints[:, :, :4])
    assert not recovered.joints[:, :, 4].any()


@pytest.mark.parametrize('form', ['keypoint', 'heatmaps'])
@pytest.mark.parametrize('gone', [(5., 4., 0.), (5., 4., -1.), (float('nan'), 4., 1.),
                                  (5., float('inf'), 1.), (5., 4., float('nan')), (500., 4., 1.),
                                  (5., -400., 1.)])
def test_a_joint_that_is_not_seen_is_missing(gone, form):
    """Its token does not depend on the image, and no value is lost to NaN."""
    module = build(num_person=1).double()
    maps, time, _ = draw(1, (8, 10), 2, batch=1)
    keypoint = torch.tensor([[[gone, (7., 3., 0.9)]]], dtype=torch.float64)
    skeleton = dict(keypoint=keypoint) if form == 'keypoint' else dict(
        heatmaps=draw_heatmaps(keypoint, (4, 5)))
    tokens, visible = module(maps, time, **skeleton)
    changed, _ = module(maps + 1, time, **skeleton)
    assert visible.tolist() == [[[False, True]]]
    assert tokens.isfinite().all()
    assert torch.equal(tokens[0, 0, 0], changed[0, 0, 0])
    assert not torch.equal(tokens[0, 0, 1], changed[0, 0, 1])


def test_people_are_told_apart_person_by_person():
    """Token m * V + v of R = M * V has the embeddings of person m and of joint v."""
    module = build(num_person=2)
    maps, time, keypoint = draw(1, (8, 8), 4)
    time, maps, keypoint = time.float(), maps.float(), keypoint.float()
    before, _ = module(maps, time, keypoint)
    with torch.no_grad():
        module.person_embed[1] += 1
    changed = (module(maps, time, keypoint)[0] != before).any(-1)[0, 0]
    assert changed.tolist() == [False, False, True, True]


@pytest.mark.parametrize('form', ['keypoint', 'heatmaps'])
def test_people_may_be_taken_from_left_to_right(form):
    """Exchanged people then have the same tokens, in their new places, and the same body."""
    maps, time, keypoint = draw(2, (20, 40), 3 * JOINTS, batch=1)
    keypoint[..., 0] = torch.tensor([30., 35., 3., 5., 11., 12.])
    keypoint[..., 1:] = keypoint.new_tensor([5., 1.])
    keypoint[0, 0, 2] = keypoint.new_tensor([39., 5., 0.])  # not seen: its place does not count
    exchanged = keypoint[:, :, [2, 3, 4, 5, 0, 1]]

    def differences(order_people):
        module = build(num_person=3, order_people=order_people, body=True, motion_lags=(1, ))
        (tokens, _, body), (other_tokens, _, other_body) = (module.double()(
            maps, time, skeleton) if form == 'keypoint' else module.double()(
                maps, time, heatmaps=draw_heatmaps(skeleton, (10, 20)))
                                                            for skeleton in (keypoint, exchanged))
        moved = tokens[:, :, [2, 3, 4, 5, 0, 1]]
        return (other_tokens - moved).abs().max(), (other_body - body).abs().max()

    assert max(differences(order_people=True)) < 1e-9
    assert min(differences(order_people=False)) > 0.01


def test_a_person_who_is_never_seen_comes_last():
    module = build(num_person=3, order_people=True)
    keypoint = torch.tensor([[[[1., 4., 0.]] * 2 + [[9., 4., 1.]] * 2 + [[5., 4., 1.]] * 2]])
    visible = keypoint[..., 2] > 0
    assert module._left_to_right(keypoint, visible).tolist() == [[2, 1, 0]]


def test_a_joint_between_cells_pools_from_both():
    """Pixel 2i + 0.5 is the centre of cell i; half a cell further two cells weigh alike."""
    module = build(num_person=1, pose_embed='none', sigma=0.4).double()
    seen = []
    for cell in (1, 2):
        maps = torch.zeros(1, 3, 1, 4, 4, dtype=torch.float64)
        maps[..., 1, cell] = 1
        joint = torch.tensor([[[[2 * 1.5 + 0.5, 2.5, 1.], [0., 0., 0.]]]], dtype=torch.float64)
        seen.append(module(maps, None, joint)[0][0, 0, 0])
    assert_near(seen[0], seen[1])


def test_positions_are_centred_and_scaled_over_the_visible_joints():
    position = torch.tensor([[[[10., 20.], [30., 40.], [999., 999.]]]])
    visible = torch.tensor([[[True, True, False]]])
    expected = torch.tensor([[[[-1., -1.], [1., 1.], [0., 0.]]]])
    assert_near(normalise_clip(position, visible), expected)


def test_positions_keep_their_proportions_when_the_image_is_scaled():
    position = torch.rand(2, 3, 4, 2, dtype=torch.float64) * 100
    visible = torch.ones(2, 3, 4, dtype=torch.bool)
    assert_near(normalise_clip(position * 3 + 7, visible), normalise_clip(position, visible))


@pytest.mark.parametrize('side', [0, -1])
@pytest.mark.parametrize('score', [1., 0.2])
def test_a_spot_of_one_cell_lies_at_that_cell(side, score):
    """Also in the corners, where a joint may lie further out than the grid."""
    heatmaps = torch.zeros(1, 1, 1, 4, 5)
    heatmaps[..., side, side] = score
    joints = joints_from_heatmaps(heatmaps, 1., use_score=True)
    corner = torch.tensor([8.5, 6.5]) * (side == -1) + 0.5 * (side == 0)
    assert_near(joints.joints[0, 0, 0], torch.cat((corner, torch.tensor([score]))))


@pytest.mark.parametrize('seen', [0, 1, 2])
def test_gradients_of_joints_are_finite_however_few_are_seen(seen):
    """One joint has no spread, and the slope of the root at zero is infinite."""
    module = build()
    maps, time, keypoint = draw(1, (8, 10), 2 * JOINTS)
    keypoint[..., 2] = 0.9
    keypoint[0, :, seen:, 2] = 0
    keypoint = keypoint.float().requires_grad_()
    module(maps.float(), time.float(), keypoint)[0].square().sum().backward()
    assert keypoint.grad.isfinite().all()
    assert keypoint.grad[0, :, :seen].any(-1).all() and not keypoint.grad[0, :, seen:].any()


@pytest.mark.parametrize('form', ['keypoint', 'heatmaps'])
def test_tokens_are_pooled_in_float32_under_autocast(form):
    """Positions of up to 112 cells do not fit into bfloat16."""
    module, pooled = build(num_person=1), []
    module.projection.register_forward_pre_hook(lambda _, inputs: pooled.append(inputs[0]))
    maps, time, keypoint = draw(1, (8, 190), JOINTS)
    maps, time, keypoint = maps.float(), time.float(), keypoint.float()
    skeleton = dict(keypoint=keypoint) if form == 'keypoint' else dict(
        heatmaps=draw_heatmaps(keypoint, (4, 95)).float())
    module(maps, time, **skeleton)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        module(maps, time, **skeleton)
    assert_near(pooled[1], pooled[0])


@pytest.mark.parametrize('settings, name', [(dict(octaves=-1), 'octaves'),
                                            (dict(motion_lags=(1, 0)), 'motion_lags')])
def test_settings_out_of_range_are_refused(settings, name):
    with pytest.raises(InputError, match=f'PoseTokens: {name}: found'):
        build(**settings)


@pytest.mark.parametrize('lag', [3, 4, 9])
def test_a_lag_as_long_as_the_clip_gives_no_motion(lag):
    joints = torch.rand(2, 3, 4, 3)
    features = coordinate_features(joints, joints[..., 2] > 0, lags=(lag, ))
    assert features.shape == (2, 3, 4, coordinate_width(0, (lag, ))) == (2, 3, 4, 5)
    assert not features[..., 3:].any()
