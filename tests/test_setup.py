"""`make setup`: what it installs, when it reuses, and what it says of a wrong Python."""
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from mmaction_d3d import environment, version

ROOT = Path(__file__).parents[1]
FILES = ('Makefile', 'tools/setup_venv.sh', 'pyproject.toml', 'setup.py', 'README.md', 'LICENSE',
         'requirements/install.txt', 'd3d_command.py', 'MANIFEST.in', 'model-index.yml')

# Stands in for Python where only the order of steps matters: it makes a virtual environment that
# holds itself, writes down what pip is asked for, and fails there while a file `fail` exists.
STUB = r"""#!/usr/bin/env bash
here=$(cd "$(dirname "$0")" && pwd)
case "$1 $2" in
    -c*) echo "${STUB_VERSION:-3.11}" ;;
    '-m venv') mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && echo venv >>"$STUB_HOME/log" ;;
    '-m pip')
        sleep "${STUB_SECONDS:-0}"
        [ ! -e "$STUB_HOME/fail" ] || exit 1
        echo "$*" >>"$STUB_HOME/log" ;;
esac
"""


class Project:
    """A copy of the set-up with a lock of one package, and a stand-in for Python."""

    def __init__(self, home):
        self.home = home
        self.root = home / 'a project'
        for file in FILES:
            (self.root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, self.root / file)
        (self.root / 'mmaction_d3d').mkdir()
        self.lock = self.root / 'requirements' / 'lock.txt'
        self.lock.write_text('probe==1.0\n')
        (self.root / 'mmaction_d3d' / '__init__.py').touch()
        (self.root / 'mmaction_d3d' / 'version.py').write_text("__version__ = '0.1.0'\n")
        (home / 'bin').mkdir()
        self.python = home / 'bin' / 'python3.11'
        self.python.write_text(STUB)
        self.python.chmod(0o755)
        self.environment = {
            **{k: v for k, v in os.environ.items() if k not in ('PYTHON', 'MAKEFLAGS')}, 'PATH':
            f'{home / "bin"}:{os.environ["PATH"]}', 'STUB_HOME': str(home)
        }

    def start(self, *arguments, **environment):
        return subprocess.Popen(['make', 'setup', *arguments], cwd=self.root, text=True,
                                env={**self.environment, **environment}, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    def setup(self, *arguments, **environment):
        """Runs `make setup`; return its exit code and output."""
        process = self.start(*arguments, **environment)
        output, _ = process.communicate(timeout=60)
        return process.returncode, output

    def steps(self):
        """Names the steps since the last call."""
        log = self.home / 'log'
        lines = log.read_text().splitlines() if log.exists() else []
        log.write_text('')
        names = {'-r': 'packages', '-e': 'project'}
        return [
            next((name for flag, name in names.items() if f' {flag} ' in line), line)
            for line in lines
        ]


ALL = ['venv', 'packages', 'project']


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def ready(project):
    """A project that is set up."""
    code, output = project.setup()
    assert code == 0, output
    project.steps()
    return project


def test_first_run_installs_all(project):
    assert project.setup()[0] == 0
    assert project.steps() == ALL


def test_second_run_installs_nothing(ready):
    assert ready.setup()[0] == 0
    assert ready.steps() == []


def test_changed_lock_starts_afresh(ready):
    ready.lock.write_text('probe==2.0\n')
    (ready.root / '.venv' / 'left over').touch()
    assert ready.setup()[0] == 0
    assert ready.steps() == ALL
    assert not (ready.root / '.venv' / 'left over').exists()


@pytest.mark.parametrize('file',
                         ['mmaction_d3d/version.py', 'pyproject.toml', 'requirements/install.txt'])
def test_changed_metadata_installs_the_project_only(ready, file):
    with open(ready.root / file, 'a') as text:
        text.write('# changed\n')
    assert ready.setup()[0] == 0
    assert ready.steps() == ['project']


def test_moved_folder_starts_afresh(ready):
    ready.root = ready.root.rename(ready.root.with_name('moved'))
    assert ready.setup()[0] == 0
    assert ready.steps() == ALL


def test_lost_interpreter_starts_afresh(ready):
    (ready.root / '.venv' / 'bin' / 'python').unlink()
    assert ready.setup()[0] == 0
    assert ready.steps() == ALL


def test_interrupted_install_is_repaired_by_running_again(project):
    (project.home / 'fail').touch()
    assert project.setup()[0] != 0
    (project.home / 'fail').unlink()
    project.steps()
    assert project.setup()[0] == 0
    assert project.steps() == ALL


def test_interrupted_rebuild_is_repaired_when_the_lock_is_put_back(ready):
    ready.lock.write_text('probe==2.0\n')
    (ready.home / 'fail').touch()
    assert ready.setup()[0] != 0
    (ready.home / 'fail').unlink()
    ready.lock.write_text('probe==1.0\n')
    ready.steps()
    assert ready.setup()[0] == 0
    assert ready.steps() == ALL


def test_pip_of_the_lock_comes_first(project):
    project.lock.write_text('probe==1.0\npip==26.3\n')
    project.setup()
    _, installer, packages, _ = project.steps()
    assert installer.endswith('pip==26.3') and packages == 'packages'


def test_two_runs_at_once_install_once(project):
    runs = [project.start(STUB_SECONDS='0.3') for _ in range(2)]
    outputs = [run.communicate(timeout=60)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert project.steps() == ALL
    assert 'waiting for another set-up' in ''.join(outputs)


def test_wrong_python_is_one_sentence(project):
    code, output = project.setup('PYTHON=python3.11', STUB_VERSION='3.12')
    assert code == 2
    errors = [line for line in output.splitlines() if not line.startswith('make')]
    assert errors == [
        'error: Python 3.11 is needed, python3.11 is Python 3.12; '
        'install Python 3.11 or name it: make setup PYTHON=/path/to/python3.11'
    ]
    assert not (project.root / '.venv').exists()


def test_wrong_python_is_said_although_an_environment_is_there(ready):
    other = ready.python.with_name('python3.12')
    other.write_text('#!/bin/sh\necho 3.12\n')
    other.chmod(0o755)
    code, output = ready.setup('PYTHON=python3.12')
    assert code == 2 and 'Python 3.11 is needed' in output


def test_absent_python_is_one_sentence(project):
    code, output = project.setup('PYTHON=no-such-python')
    assert code == 2 and 'error: Python 3.11 is needed, found no no-such-python;' in output


def test_python3_is_taken_where_it_is_the_right_one(project):
    project.python.rename(project.python.with_name('python3'))
    for name in ('python3.11', 'python'):  # as pyenv has them for versions that are not chosen
        other = project.python.with_name(name)
        other.write_text('#!/bin/sh\nexit 127\n')
        other.chmod(0o755)
    assert project.setup()[0] == 0
    assert project.steps() == ALL


def test_python_without_venv_is_one_sentence(project):
    project.python.write_text(STUB.replace('mkdir -p', 'false'))
    code, output = project.setup()
    assert code == 2 and 'cannot create virtual environments; install its venv module' in output


def write_wheel(folder, name):
    """Writes an installed package as a wheel again; return the line that pins it."""
    package = metadata.distribution(name)
    with zipfile.ZipFile(folder / f'{name}-{package.version}-py3-none-any.whl', 'w') as wheel:
        for file in package.files:
            if file.suffix != '.pyc' and '..' not in file.parts:
                wheel.write(file.locate(), str(file))
    return f'{name}=={package.version}'


def test_real_environment_holds_the_lock_and_the_project(tmp_path):
    project = Project(tmp_path)
    pins = [write_wheel(tmp_path, name) for name in ('setuptools', 'iniconfig')]
    project.lock.write_text('\n'.join(pins))
    code, output = project.setup(f'PYTHON={sys.executable}', PIP_NO_INDEX='1',
                                 PIP_FIND_LINKS=str(tmp_path), PIP_CONFIG_FILE=os.devnull)
    assert code == 0, output
    script = 'import iniconfig, mmaction_d3d; print(mmaction_d3d.__file__)'
    environment = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    run = subprocess.run([project.root / '.venv' / 'bin' / 'python', '-c', script],
                         capture_output=True, text=True, check=True, cwd=tmp_path,
                         env=environment).stdout
    assert run.strip() == str(project.root / 'mmaction_d3d' / '__init__.py')


FOLDERS = ('configs', 'mmaction_d3d', 'requirements', 'research', 'tests', 'tools')
BUNDLED = {
    str(path.relative_to(ROOT)) for name in ('configs', 'requirements', 'tools')
    for path in (ROOT / name).rglob('*') if path.is_file() and '__pycache__' not in path.parts
} - {'configs/.style.yapf', 'tools/ablate.py', 'tools/real_clips.py', 'tools/setup_venv.sh'} | {
    'model-index.yml'
}


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    """The wheel that is made of the source distribution of a copy of the project."""
    copy = tmp_path_factory.mktemp('copy')
    for file in FILES:
        (copy / file).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, copy / file)
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns('__pycache__'))
    script = 'from setuptools import build_meta; print(build_meta.build_sdist("sdist"))'
    sdist = subprocess.run([sys.executable, '-c', script], cwd=copy, capture_output=True, text=True,
                           check=True).stdout.split()[-1]
    subprocess.run([
        sys.executable, '-m', 'pip', 'wheel', '--quiet', '--no-deps', '--no-build-isolation',
        '--no-index', copy / 'sdist' / sdist
    ], cwd=copy, check=True)
    wheel, = copy.glob('*.whl')
    return wheel


def test_wheel_holds_the_package_the_command_and_what_mim_looks_for(wheel):
    with zipfile.ZipFile(wheel) as content:
        names = content.namelist()
        about = next(name for name in names if name.endswith('.dist-info/METADATA'))
        metadata_lines = content.read(about).decode().splitlines()
        scripts = content.read(about.replace('METADATA', 'entry_points.txt')).decode()
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / 'mmaction_d3d').rglob('*.py')}
    bundled = {f'mmaction_d3d/.mim/{name}' for name in BUNDLED}
    assert {name for name in names if '.dist-info/' not in name
            } == {*modules, *bundled, 'mmaction_d3d/py.typed', 'd3d_command.py'}
    assert any(name.endswith('/LICENSE') for name in names)
    assert 'd3d = d3d_command:main' in scripts
    assert {
        f'Version: {version.__version__}', 'License-Expression: Apache-2.0',
        'Requires-Python: >=3.11', 'Requires-Dist: numpy<2', 'Provides-Extra: export',
        'Description-Content-Type: text/markdown', '# mmaction_d3d'
    } <= set(metadata_lines)


# What a user does after the installation, in one process, in which imports cost once.
COMMANDS = """
make-data --out data --num-train 8 --num-val 8 --num-test 8 --num-frames 13 --size 64 --workers 1
train my_config.py --data-root data --work-dir run
test run/my_config.py run/best.pth --work-dir run
infer data/videos/test_00000.mp4 --checkpoint run/best.pth --skeletons data/annotations.pkl --out o
extract data/videos/test_00000.mp4 --backend mediapipe --whole-frame --out extracted.pkl
""".strip().splitlines()
CONFIG = """
_base_ = 'mmaction_d3d::d3d_quickstart.py'
base_channels = 4
model = dict(backbone=dict(backbone=dict(base_channels=4)), cls_head=dict(in_channels=16))
train_cfg = dict(max_epochs=1)
param_scheduler = []
"""


def test_installed_wheel_serves_a_user_outside_of_the_checkout(wheel, tmp_path):
    site, elsewhere = tmp_path / 'site', tmp_path / 'elsewhere'
    elsewhere.mkdir()
    subprocess.run([
        sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--no-index',
        '--no-compile', '--target', site, wheel
    ], check=True)
    (elsewhere / 'my_config.py').write_text(CONFIG)
    script = ('import shlex, sys, d3d_command, mmaction_d3d\n'
              'print(mmaction_d3d.__file__)\n'
              'for line in sys.argv[1:]: d3d_command.main(shlex.split(line))')
    environment_here = {**os.environ, 'PYTHONPATH': str(site)}
    done = subprocess.run([sys.executable, '-c', script, *COMMANDS], cwd=elsewhere, text=True,
                          env=environment_here, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f'{site}/mmaction_d3d/__init__.py\n')
    assert (elsewhere / 'o' / 'test_00000.json').is_file() and 'Results: o' in done.stdout
    assert (elsewhere / 'extracted.pkl').is_file()
    steps = re.findall('^next: (.*)$', done.stdout, re.M)
    assert steps[0] == 'd3d train mmaction_d3d::d3d_quickstart.py --data-root data'
    assert steps[1] == 'd3d test run/my_config.py run/best.pth'
    assert steps[2] == 'd3d explain attention run/my_config.py run/best.pth'
    said = subprocess.run([site / 'bin' / 'd3d', 'check-env'], cwd=elsewhere, text=True,
                          env=environment_here, capture_output=True)
    assert said.returncode == 0 and 'mmengine' in said.stdout, said.stderr


def test_setup_wants_the_python_that_was_tested():
    script = (ROOT / 'tools' / 'setup_venv.sh').read_text()
    assert f'want={environment.TESTED_PYTHON}\n' in script


def test_make_and_ci_run_tests_and_quickstart():
    """`make -n` prints what it would run; continuous integration runs both."""

    def plan(goal):
        return subprocess.run(['make', '-n', goal], cwd=ROOT, capture_output=True, text=True,
                              check=True).stdout

    assert '-m pytest' in plan('test') and 'tools/quickstart.py' in plan('quickstart')
    assert all(f'bin/{name}' in plan('lint') for name in ('ruff check', 'yapf --diff', 'mypy'))
    commands = (ROOT / '.ci' / 'run').read_text().splitlines()
    goals = [commands.index(f'make {goal}') for goal in ('lint', 'test', 'quickstart')]
    assert goals == sorted(goals)
