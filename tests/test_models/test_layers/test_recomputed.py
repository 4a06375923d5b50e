"""Activation checkpointing: the same step as without, from less memory."""
import copy

import pytest
import torch
from mmaction.registry import MODELS
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mmaction_d3d.models.layers.recomputed import recomputed

from ..support import assert_near, build, draw_clip, small_recognizer, small_transformer


def stored_bytes(model):
    """What autograd keeps of a step between the forward and the backward pass, but weights."""
    stored = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        stored[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = model(**draw_clip(size=(64, 64)))
    weights = {weight.untyped_storage()._cdata for weight in model.parameters()}
    assert output.requires_grad
    return sum(storage.nbytes() for key, storage in stored.items() if key not in weights)


def steps(with_cp, dropped=0., wrap=lambda model: model, **changes):
    """Two steps of training: outputs, gradients, buffers and the state of the random numbers."""
    model = build(
        small_transformer(num_blocks=3, layer=dict(drop_path=dropped), with_cp=with_cp,
                          **changes)).train()
    run = wrap(model)
    torch.manual_seed(1)
    outputs = []
    for seed in range(2):  # the second step reads the first one's running statistics
        outputs.append(run(**draw_clip(seed=seed)))
        outputs[-1].square().mean().backward()
    gradients = {name: weight.grad for name, weight in model.named_parameters()}
    return outputs, gradients, dict(model.named_buffers()), torch.get_rng_state()


@pytest.mark.parametrize('dropped', [0., 0.5])
@pytest.mark.parametrize('changes', [
    dict(),
    dict(modal_tokens='single'),
    dict(attentions=('temporal', ), backbone=dict(type='R2Plus1D', base_channels=4, motion=True))
], ids=str)
def test_steps_are_those_without(changes, dropped):
    outputs, gradients, buffers, state = steps(True, dropped, **changes)
    wanted = steps(False, dropped, **changes)
    for output, expected in zip(outputs, wanted[0]):
        assert_near(output, expected)
    for name, expected in wanted[1].items():
        assert_near(gradients[name], expected, f'gradient of {name}')
    for name, expected in wanted[2].items():
        assert_near(buffers[name], expected, name)
    assert buffers['backbone.layer1.0.conv1.1.num_batches_tracked'] == 2
    assert torch.equal(state, wanted[3])


def test_every_kind_of_batch_norm_counts_a_batch_once():
    for norm in (nn.BatchNorm3d(4), nn.BatchNorm3d(4, momentum=None),
                 nn.BatchNorm3d(4, track_running_stats=False)):
        module = nn.Sequential(nn.Conv3d(2, 4, 1), norm)
        same = copy.deepcopy(module)
        x = torch.randn(2, 2, 3, 3, 3)
        loss = recomputed(module, x).square().sum()
        loss.backward(retain_graph=True)
        loss.backward()
        same(x)
        for (name, buffer), (_, expected) in zip(module.named_buffers(), same.named_buffers()):
            assert torch.equal(buffer, expected), name


def test_less_than_half_is_stored():
    all_of_it, less = (stored_bytes(
        build(small_transformer(num_blocks=3, with_cp=with_cp)).train())
                       for with_cp in (False, True))
    assert 0 < less < all_of_it / 2


@pytest.fixture
def process_group(tmp_path):
    torch.distributed.init_process_group('gloo', init_method=f'file://{tmp_path}/store', rank=0,
                                         world_size=1)
    yield
    torch.distributed.destroy_process_group()


def test_distributed_training_sees_each_parameter_used(process_group):
    wrapped = steps(True,
                    wrap=lambda model: DistributedDataParallel(model, find_unused_parameters=False))
    for name, expected in steps(False)[1].items():
        assert_near(wrapped[1][name], expected, f'gradient of {name}')


def test_the_key_reaches_the_backbone_unless_its_config_says_otherwise():
    model = MODELS.build(small_recognizer(with_cp=True))
    assert model.backbone.with_cp and model.backbone.backbone.with_cp
    plain = MODELS.build(
        small_transformer(with_cp=True, backbone=dict(type='R2Plus1D', base_channels=4,
                                                      with_cp=False)))
    assert plain.with_cp and not plain.backbone.with_cp
