"""Published checkpoints are read wherever others are, and hold nothing of whoever trained them."""
import json
import re

import pytest
import torch
import yaml
from mmengine.runner import load_checkpoint
from safetensors import safe_open
from safetensors.torch import save_file

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference import load
from mmaction_d3d.inference.loading import load_model
from mmaction_d3d.published import read_published


@pytest.fixture(scope='module')
def published(carrier, tool):
    folder = carrier.home / 'published'
    tool('publish.py', [carrier.checkpoint, '--out', str(folder)])
    path, = folder.glob('*.safetensors')
    return path


def test_name_ends_in_the_hash_of_the_file(published):
    digest = (published.with_name(f'{published.name}.sha256')).read_text().split()[0]
    assert re.fullmatch(rf'quickstart-{digest[:8]}\.safetensors', published.name)
    entry, = yaml.safe_load(published.with_suffix('.yml').read_text())['Models']
    assert entry['Weights'] == published.name and entry['In Collection'] == 'D3D'


def test_answers_are_those_of_the_checkpoint(published, carrier):
    annotation = carrier.data.annotations[0]
    answers = [
        load(path, device='cpu')(carrier.video(), skeletons=annotation)
        for path in (carrier.checkpoint, published)
    ]
    assert (answers[0].scores == answers[1].scores).all()
    assert answers[0].classes == answers[1].classes == ('falls', 'rises')


def test_mmengine_loads_it_as_a_runner_does(published, carrier):
    model = load_model(carrier.checkpoint, device='cpu').network
    want = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for tensor in model.state_dict().values():
        tensor.zero_()
    content = load_checkpoint(model, str(published), strict=True)
    assert content['meta']['dataset_meta']['classes'] == ['falls', 'rises']
    assert all(torch.equal(tensor, want[name]) for name, tensor in model.state_dict().items())


def test_nothing_of_the_machine_is_in_it_but_what_it_was_trained_on(published, carrier):
    assert str(carrier.home).encode() not in published.read_bytes()
    assert load_model(published, device='cpu').trained_on == 'squares that move'


@pytest.mark.parametrize('head, says', [
    ('[1]', 'found list, want a JSON object'),
    ('{', 'want JSON'),
    ('[' * 100000, 'want JSON'),
    (json.dumps(dict(config='import os')), 'meta.cfg'),
    (json.dumps(dict(classes=[1])), 'classes'),
])
def test_heads_of_strangers_are_refused(published, tmp_path, head, says):
    with safe_open(published, 'pt') as file:
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    save_file(state, tmp_path / 'x.safetensors', dict(mmaction_d3d=head))
    with pytest.raises(InputError, match=says):
        load(tmp_path / 'x.safetensors')


def test_damage_is_one_line(published, tmp_path):
    bad = tmp_path / published.name
    bad.write_bytes(published.read_bytes()[:-100])
    with pytest.raises(InputError, match='want a checkpoint that d3d publish wrote'):
        read_published(bad)
    bad.with_name(f'{bad.name}.sha256').write_text(
        published.with_name(f'{published.name}.sha256').read_text())
    with pytest.raises(InputError, match='checksum'):
        load(bad)
