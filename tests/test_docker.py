"""The Dockerfiles, which are not built here: what they name is there, and leaves nothing out."""
import re
import shlex
import tomllib

import pytest
from running import ROOT

from d3d_command import COMMANDS
from mmaction_d3d import environment

FILES = sorted((ROOT / 'docker').glob('*.Dockerfile'))
LOCK = (ROOT / 'requirements' / 'lock.txt').read_text().splitlines()


def instructions(file):
    """Word and rest of each instruction, its lines joined."""
    text = re.sub(r'\\\n\s*', '', re.sub(r'^#.*\n', '', file.read_text(), flags=re.M))
    return [tuple(line.split(' ', 1)) for line in text.splitlines() if line]


def rest_of(file, word):
    return [rest for each, rest in instructions(file) if each == word]


def files(parametrized):
    return pytest.mark.parametrize('file', FILES, ids=lambda file: file.stem)(parametrized)


def test_there_is_one_for_each_kind_of_machine():
    assert [file.stem for file in FILES] == ['cpu', 'cuda']


@files
def test_bases_are_of_the_python_of_the_lock(file):
    assert {rest.split()[0] for rest in rest_of(file, 'FROM')} == {'python:3.11-slim-bookworm'}


@files
def test_what_is_copied_is_there_and_let_in(file):
    ignored = (ROOT / '.dockerignore').read_text().splitlines()
    let_in = {line[1:] for line in ignored if line.startswith('!')}
    sources = [
        source for rest in rest_of(file, 'COPY') if not rest.startswith('--from')
        for source in rest.split()[:-1]
    ]
    assert '*' in ignored and {source.partition('/')[0] for source in sources} == let_in
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert {'pyproject.toml', 'setup.py', 'mmaction_d3d', 'requirements'} <= set(sources)


@files
def test_it_starts_the_command_as_a_user_without_rights(file):
    project = tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']
    (entry, ) = rest_of(file, 'ENTRYPOINT')
    assert entry == '["d3d"]' and 'd3d' in project['scripts']
    last = [word for word, _ in instructions(file)]
    assert rest_of(file, 'USER') == ['1000'] and last.index('USER') > last.index('RUN')
    assert 'useradd --create-home --uid 1000' in file.read_text()


def chosen(pattern, inverse):
    return [line for line in LOCK if bool(re.search(pattern, line)) != inverse]


def test_without_a_gpu_all_of_the_lock_is_installed_but_the_packages_of_cuda():
    run = next(rest for rest in rest_of(FILES[0], 'RUN') if 'grep' in rest)
    names = [[
        re.split('[= ]', line)[0] for line in chosen(pattern, flags == '-vE')
        if line and not line.startswith('#')
    ] for flags, pattern in re.findall(r"grep (-v?E) '(\S+)'", run)]
    without, torch = names
    assert torch == ['torch', 'torchvision']
    names = {line.partition('=')[0] for line in LOCK if line and line[0] != '#'}
    of_cuda = {name for name in names if name.startswith(('nvidia-', 'cuda-', 'triton'))}
    assert of_cuda and set(without) == names - of_cuda - set(torch)


@files
def test_the_whole_lock_is_read(file):
    run = next(rest for rest in rest_of(file, 'RUN') if 'venv' in rest)
    assert '/requirements/lock.txt' in run and '--no-deps' in run and len(
        environment.tested_versions()) > 50


def test_commands_of_the_page_are_commands_of_d3d():
    page = (ROOT / 'docs' / 'docker.md').read_text()
    runs = [shlex.split(line) for line in re.findall(r'docker run [^`\n]*', page)]
    names = [words[next(i for i, word in enumerate(words) if ':c' in word) + 1:] for words in runs]
    assert [words[0] for words in names if words] == ['infer', 'train', 'check-gpu']
    assert {words[0] for words in names if words} <= set(COMMANDS)
    builds = re.findall(r'docker build -f (\S+)', page)
    assert [ROOT / file for file in builds] == FILES
