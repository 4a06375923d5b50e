"""R(2+1)D-18 that returns F_a and F_b."""
import copy
import pickle
from pathlib import Path

import pytest
import torch
from mmaction.registry import MODELS
from torchvision.models.video import r2plus1d_18

from mmaction_d3d.errors import InputError
from mmaction_d3d.models import R2Plus1D
from mmaction_d3d.models.backbones.r2plus1d import with_motion

from ..support import assert_near, logged, small_recognizer, spread


@pytest.fixture(scope='module')
def published(tmp_path_factory):
    """torchvision's network with running statistics of its own, and a file of its weights."""
    torch.manual_seed(0)
    network = r2plus1d_18()
    for name, buffer in network.named_buffers():
        if name.endswith('running_mean'):
            buffer.normal_(0, 0.1)
        elif name.endswith('running_var'):
            buffer.uniform_(0.5, 2)
    path = tmp_path_factory.mktemp('weights') / 'r2plus1d_18.pth'
    torch.save(network.state_dict(), path)
    return network, str(path)


def torchvision_maps(network, imgs):
    first = network.layer1(network.stem(imgs))
    return first, network.layer3(network.layer2(first))


def test_published_weights_give_the_published_maps(published):
    network, path = published
    module = R2Plus1D(temporal_strides=(1, 2, 2), pretrained=path)
    module.init_weights()
    imgs = torch.randn(2, 3, 3, 16, 24)
    with torch.no_grad():
        maps = module.eval()(imgs)
        expected = torchvision_maps(network.eval(), imgs)
    assert len(maps) == 2
    for ours, theirs in zip(maps, expected):
        assert_near(ours, theirs)


def test_training_is_that_of_the_published_network(published):
    network, path = copy.deepcopy(published)
    module = R2Plus1D(temporal_strides=(1, 2, 2), pretrained=path)
    module.init_weights()
    imgs = torch.randn(1, 3, 2, 16, 16, dtype=torch.float64)
    outputs = []
    for run in (module.double().train(),
                lambda imgs: torchvision_maps(network.double().train(), imgs)):
        maps = run(imgs)
        sum(m.square().mean() for m in maps).backward()
        outputs.append(maps)
    for ours, theirs in zip(*outputs):
        assert_near(ours, theirs)
    parameters, buffers = dict(network.named_parameters()), dict(network.named_buffers())
    for name, parameter in module.named_parameters():
        assert_near(parameter.grad, parameters[name].grad, name)
    for name, buffer in module.named_buffers():
        assert_near(buffer, buffers[name], name)


def test_loading_reports_used_and_unused_keys(published):
    network, path = published
    module = R2Plus1D(pretrained=path)
    with logged() as messages:
        module.init_weights()
    (text, ) = [text for _, text in messages if text.startswith('R2Plus1D:')]
    unused = set(network.state_dict()) - set(module.state_dict())
    assert {name.split('.')[0] for name in unused} == {'layer4', 'fc'}
    assert f'{len(module.state_dict())} keys of {path} used, {len(unused)} unused' in text
    assert all(name in text for name in unused)


def test_weights_may_lie_in_a_training_checkpoint(tmp_path):
    trained = R2Plus1D(base_channels=4)
    path = tmp_path / 'epoch_1.pth'
    torch.save(dict(meta=dict(epoch=1), state_dict=trained.state_dict()), path)
    module = R2Plus1D(base_channels=4, pretrained=str(path))
    module.init_weights()
    for name, value in module.state_dict().items():
        assert torch.equal(value, trained.state_dict()[name]), name


def test_a_recogniser_loads_the_weights_when_it_is_initialised(published):
    network, path = published
    config = small_recognizer(backbone=dict(type='R2Plus1D', pretrained=path))
    config['cls_head']['in_channels'] = 256
    model = MODELS.build(config)
    model.init_weights()
    assert torch.equal(model.backbone.backbone.stem[0].weight, network.stem[0].weight)


def test_what_moves_is_a_difference_from_the_mean_frame_of_one_size():
    background, person = torch.randn(2, 3, 1, 8, 8), torch.zeros(2, 3, 4, 8, 8)
    for frame in range(4):
        person[:, :, frame, 2 * frame:2 * frame + 2, 3:5] = 1.
    imgs = background + torch.tensor([0.1, 2.]).view(2, 1, 1, 1, 1) * person
    still, moves = with_motion(imgs).split(3, 1)
    assert torch.equal(still, imgs)
    for clip, frames in enumerate(imgs):
        difference = frames - sum(frames[:, t] for t in range(4))[:, None] / 4
        assert_near(moves[clip], difference / difference.pow(2).mean().sqrt())
    assert_near(moves[0], moves[1])  # however faint the person is
    assert with_motion(background.expand(-1, -1, 4, -1, -1))[:, 3:].abs().max() < 1e-4


def test_a_stem_that_sees_motion_learns_from_it_and_starts_at_published_weights(published):
    network, path = published
    module = R2Plus1D(temporal_strides=(1, 2, 2), motion=True, pretrained=path)
    module.init_weights()
    imgs = torch.randn(2, 3, 3, 16, 24)
    with torch.no_grad():
        for ours, theirs in zip(module.eval()(imgs), torchvision_maps(network.eval(), imgs)):
            assert_near(ours, theirs)
    module.train()(imgs)[1].square().mean().backward()
    assert module.stem[0].weight.grad[:, 3:].abs().max() > 0


def a_wider_network():
    return R2Plus1D(base_channels=8).state_dict()


def another_architecture():
    return torch.nn.Linear(2, 2).state_dict()


def a_part_of_the_network():
    return R2Plus1D(base_channels=4, out_stages=(1, 2)).state_dict()


@pytest.mark.parametrize(
    'contents, found', [
        (a_wider_network, r'state_dict: found \d+ of \d+ weights of R2Plus1D'),
        (another_architecture, r'state_dict: found 0 of \d+ weights of R2Plus1D'),
        (a_part_of_the_network, r'state_dict: found \d+ of \d+ weights of R2Plus1D'),
        (dict, r'checkpoint: found no tensors but \{\}'),
        (lambda: [1, 2], r'checkpoint: found no tensors but \[1, 2\]'),
        (lambda: torch.zeros(3), r'checkpoint: found no tensors but tensor\(\[0., 0., 0.\]\)'),
        (lambda: dict(state_dict=None), 'checkpoint: found no tensors but None'),
        (lambda: {'stem.0.weight': 1}, "checkpoint: found int as 'stem.0.weight'"),
        (lambda: {3: torch.zeros(3)}, 'checkpoint: found Tensor as 3'),
    ], ids=['wider', 'another', 'part', 'empty', 'list', 'tensor', 'none', 'number', 'no name'])
def test_other_weights_are_refused(contents, found, tmp_path):
    path = tmp_path / 'weights.pth'
    torch.save(contents(), path)
    with pytest.raises(InputError, match=f'weights.pth: {found}.*, want .*r2plus1d_18 weights'):
        R2Plus1D(base_channels=4, pretrained=str(path)).init_weights()


def test_a_missing_file_of_weights_is_named(tmp_path):
    with pytest.raises(InputError, match='nowhere.pth'):
        R2Plus1D(base_channels=4, pretrained=str(tmp_path / 'nowhere.pth')).init_weights()


def test_a_file_that_is_no_checkpoint_is_named(tmp_path):
    path = tmp_path / 'weights.pth'
    path.write_text('not a checkpoint')
    with pytest.raises(InputError, match='weights.pth'):
        R2Plus1D(base_channels=4, pretrained=str(path)).init_weights()


class Intruder:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path, )


@pytest.mark.parametrize(
    'save', [torch.save, lambda content, path: path.write_bytes(pickle.dumps(content, protocol=2))],
    ids=['torch', 'pickle'])
def test_weights_that_would_run_code_are_refused(save, tmp_path):
    trace, path = tmp_path / 'trace', tmp_path / 'weights.pth'
    save(dict(state_dict=Intruder(trace)), path)
    with pytest.raises((InputError, pickle.UnpicklingError)):
        R2Plus1D(base_channels=4, pretrained=str(path)).init_weights()
    assert not trace.exists()


@pytest.mark.parametrize('size, frames, strides, expected', [((56, 56), 4, (1, 1, 1), [(4, 28, 28),
                                                                                       (4, 7, 7)]),
                                                             ((57, 75), 5, (1, 1, 1), [(5, 29, 38),
                                                                                       (5, 8, 10)]),
                                                             ((57, 75), 5, (1, 2, 1), [(5, 29, 38),
                                                                                       (3, 8, 10)]),
                                                             ((57, 75), 5, (2, 2, 2), [(3, 29, 38),
                                                                                       (1, 8, 10)]),
                                                             ((9, 8), 1, (1, 2, 2), [(1, 5, 4),
                                                                                     (1, 2, 1)])])
def test_maps_have_a_half_and_an_eighth_of_the_size(size, frames, strides, expected):
    maps = R2Plus1D(base_channels=4, temporal_strides=strides)(torch.randn(2, 3, frames, *size))
    assert [tuple(m.shape[2:]) for m in maps] == expected
    assert [m.shape[1] for m in maps] == [4, 16]


def test_stages_behind_the_last_one_asked_for_are_not_built():
    module = R2Plus1D(base_channels=4, out_stages=(1, ))
    assert [tuple(m.shape) for m in module(torch.randn(1, 3, 2, 16, 16))] == [(1, 4, 2, 8, 8)]
    assert not any(name.startswith(('layer2', 'layer3')) for name in module.state_dict())


def test_channels_last_input_gives_the_same_maps():
    torch.manual_seed(0)
    module = spread(R2Plus1D(base_channels=4), 0.05).eval()
    imgs = torch.randn(1, 3, 3, 17, 20)
    for ours, theirs in zip(module(imgs.contiguous(memory_format=torch.channels_last_3d)),
                            module(imgs)):
        assert_near(ours, theirs)
