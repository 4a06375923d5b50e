"""Published checkpoints are read wherever others are, and hold nothing of whoever trained them."""
import functools
import http.server
import json
import pickle
import re
import shutil
import threading

import pytest
import torch
import yaml
from mmengine.runner import load_checkpoint
from safetensors import safe_open
from safetensors.torch import save_file

from mmaction_d3d.engine.checks import check_checkpoint
from mmaction_d3d.errors import InputError
from mmaction_d3d.inference import load
from mmaction_d3d.inference.loading import load_model
from mmaction_d3d.published import read_published


@pytest.fixture(scope='module')
def published(carrier, tool, tmp_path_factory):
    folder = tmp_path_factory.mktemp('published')
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


def test_mmengine_loads_it_as_a_runner_does(published, carrier, capsys):
    model = load_model(carrier.checkpoint, device='cpu', fold_norms=False).network
    want = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for tensor in model.state_dict().values():
        tensor.zero_()
    content = load_checkpoint(model, str(published), strict=True)
    assert 'checkpoint by published backend' in capsys.readouterr().out
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


@pytest.fixture
def web(tmp_path, monkeypatch):
    """A folder, its address on a server of this machine, and what was asked of it."""
    folder, asked = tmp_path / 'web', []
    folder.mkdir()
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'home'))

    class Handler(http.server.SimpleHTTPRequestHandler):

        def log_message(self, *arguments):
            asked.append(self.path)

        def end_headers(self):
            if 'short' in self.path:  # more than there is
                self._headers_buffer = [
                    line for line in self._headers_buffer if b'Content-Length' not in line
                ]
                self.send_header('Content-Length', str(10**6))
            super().end_headers()

    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0),
                                             functools.partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f'http://127.0.0.1:{server.server_port}', asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_is_downloaded_once_and_gives_the_answers_of_the_file(
        published, carrier, web, tmp_path):
    folder, address, asked = web
    shutil.copy(published, folder)
    shutil.copy(carrier.checkpoint, folder / 'best.pth')
    annotation = carrier.data.annotations[0]
    want = load(published, device='cpu')(carrier.video(), skeletons=annotation)
    for name in (published.name, 'best.pth', published.name):
        answer = load(f'{address}/{name}', device='cpu')(carrier.video(), skeletons=annotation)
        assert (answer.scores == want.scores).all()
    assert asked == [f'/{published.name}', '/best.pth']
    model = load_model(carrier.checkpoint, device='cpu', fold_norms=False).network
    state = load_checkpoint(model, f'{address}/{published.name}', strict=True)['state_dict']
    assert len(state) == len(model.state_dict()) and len(asked) == 2
    check_checkpoint(f'{address}/{published.name}', model)
    with pytest.raises(InputError, match='want a checkpoint of the same architecture'):
        check_checkpoint(f'{address}/best.pth', torch.nn.Linear(1, 1))


class Runs:
    """Makes a file when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return type(self.marker).touch, (self.marker, )


@pytest.mark.parametrize('name, make, says', [
    ('gone.pth', None, 'HTTP Error 404'),
    ('x-01234567.safetensors', 'copy', 'found a file of SHA-256 .*, want 01234567, as its name'),
    ('x-0123abcd.pth', 'copy', 'want 0123abcd, as its name says'),
    ('short.pth', 'copy', r'found \d+ of 1000000 bytes'),
    ('', None, 'found a name like'),
    ('x.pth', 'code', 'may be harmful code|what torch cannot read'),
    ('text.safetensors', 'text', 'want a checkpoint that d3d publish wrote'),
])
def test_a_bad_download_is_one_line_and_is_not_kept(published, web, tmp_path, name, make, says):
    folder, address, _ = web
    marker = tmp_path / 'ran'
    if make is not None:
        content = dict(copy=published.read_bytes(), code=pickle.dumps(Runs(marker)), text=b'<html>')
        (folder / name).write_bytes(content[make])
    with pytest.raises(InputError, match=says) as refused:
        load(f'{address}/{name}')
    assert not marker.exists() and '\n' not in str(refused.value)
    files = [path.name for path in (tmp_path / 'home').rglob('*') if path.is_file()]
    assert all(path.endswith('.lock') for path in files)


def test_no_server_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    with pytest.raises(InputError, match='127.0.0.1:9/x.pth.* want the address of a checkpoint'):
        load('http://127.0.0.1:9/x.pth')
