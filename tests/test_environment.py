"""What an environment must hold: the lock, what pip resolves, and the check."""
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mmaction_d3d import environment

ROOT = Path(__file__).parents[1]
CHECK = ROOT / 'tools' / 'check_env.py'
OPENCVS = {'opencv-python', 'opencv-contrib-python'}


@pytest.fixture
def complete():
    """The packages of an environment that lacks nothing, as `examine` takes them."""
    return environment.tested_versions()


def pip_requirements():
    """What pip installs along with this package, by its metadata's own reading."""
    lines = (ROOT / 'requirements' / 'install.txt').read_text().splitlines()
    lines = [line.partition(' #')[0] for line in lines if line and not line.startswith('#')]
    return {
        canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)
    }


def problems(installed):
    return [finding for finding in environment.examine(installed) if finding.state == 'problem']


def needs(name):
    """Names what an installed package asks for on this machine."""
    requirements = [Requirement(line) for line in metadata.requires(name) or []]
    return {
        canonicalize_name(requirement.name) for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate(dict(extra=''))
    }


def test_every_line_of_the_lock_pins_a_version():
    lines = (ROOT / 'requirements' / 'lock.txt').read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith('#')]
    assert [pin for pin in pins if not re.fullmatch(r'[\w.-]+==[\w.]+', pin)] == []


def test_lock_holds_all_that_its_packages_need_but_other_opencvs_and_what_is_never_imported(
        complete):
    missing = {need for name in complete for need in needs(name)} - set(complete)
    of_mediapipe, of_mmpose = {'jax', 'jaxlib', 'sentencepiece',
                               'sounddevice'}, {'chumpy', 'cython'}
    assert missing == OPENCVS | of_mediapipe | of_mmpose


def test_lock_holds_one_opencv(complete):
    assert [name for name in complete if 'opencv' in name] == ['opencv-python-headless']


def test_this_environment_holds_one_opencv():
    names = {canonicalize_name(dist.metadata['Name']) for dist in metadata.distributions()}
    assert len([name for name in names if 'opencv' in name]) == 1


def test_pip_brings_no_opencv():
    seen, todo = set(), set(pip_requirements())
    while todo:
        name = todo.pop()
        seen.add(name)
        todo |= needs(name) - seen
    assert not seen & {'mmengine', 'mmcv', 'mmcv-lite', 'mmaction2'}
    assert [name for name in seen if 'opencv' in name] == []


def test_pip_brings_what_packages_without_dependencies_need():
    asked = {need for name in ('mmengine', 'mmcv-lite', 'mmaction2') for need in needs(name)}
    assert asked - set(pip_requirements()) - OPENCVS == {'mmengine'}


def test_complete_environment_has_no_problem(complete):
    assert {finding.state
            for finding in environment.examine(complete)} <= {'ok', 'optional', 'untested'}
    assert environment.cures(environment.examine(complete)) == []


@pytest.mark.parametrize('name, command', [
    ('torch', 'pip install torch=='),
    ('mmengine', 'pip install --no-deps mmengine==0.10.7'),
    ('mmcv-lite', 'pip install --no-deps mmcv-lite==2.1.0'),
    ('opencv-python-headless', 'pip install --no-deps opencv-python-headless==4.11.0.86'),
])
def test_missing_package_is_named_with_its_cure(complete, name, command):
    del complete[name]
    findings = environment.examine(complete)
    assert [(f.name, f.note) for f in findings if f.state == 'problem'] == [(name, 'missing')]
    cure, = environment.cures(findings)
    assert cure.startswith(command)


@pytest.mark.parametrize('name, version', [('numpy', '2.0.0'), ('setuptools', '81.0.0'),
                                           ('filelock', '3.29.7')])
def test_version_known_to_break_is_a_problem(complete, name, version):
    complete[name] = version
    problem, = problems(complete)
    assert problem.name == name and f'found {version}' in problem.note
    assert version not in pip_requirements()[name].specifier


def test_package_without_wheels_for_this_machine_is_optional(monkeypatch, complete):
    del complete['decord']
    assert [finding.name for finding in problems(complete)] == ['decord']
    monkeypatch.setattr(environment.platform, 'machine', lambda: 'aarch64')
    assert problems(complete) == []


def test_requirement_that_is_not_understood_is_not_left_out(monkeypatch, tmp_path):
    for file in (ROOT / 'requirements').iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    (tmp_path / 'install.txt').write_text('numpy>=1.20,<2\n')
    monkeypatch.setattr(environment, 'REQUIREMENTS', tmp_path)
    with pytest.raises(ValueError, match='one bound at most: numpy>=1.20,<2'):
        environment.examine()


def test_other_version_is_called_untested(complete):
    complete['torch'] = '2.9.0'
    states = {finding.name: finding.state for finding in environment.examine(complete)}
    assert states['torch'] == 'untested'


def test_other_build_of_a_tested_release_is_tested(complete):
    complete['torch'] += '+cpu'
    states = {finding.name: finding.state for finding in environment.examine(complete)}
    assert states['torch'] == 'ok'


def test_second_opencv_is_a_problem_and_leaves_one(complete):
    complete['opencv-contrib-python'] = '4.11.0.86'
    findings = environment.examine(complete)
    assert [f.name for f in findings if f.state == 'problem'] == ['cv2']
    assert environment.cures(findings) == [
        'pip uninstall -y opencv-python-headless opencv-contrib-python',
        'pip install --no-deps opencv-python-headless==4.11.0.86'
    ]


def test_full_mmcv_instead_of_the_lite_one_is_untested(complete):
    complete['mmcv'] = complete.pop('mmcv-lite')
    finding, = [f for f in environment.examine(complete) if f.name == 'mmcv']
    assert finding.state == 'untested'


def test_mmcv_that_mmaction_refuses_is_replaced(complete):
    del complete['mmcv-lite']
    complete['mmcv'] = '2.2.0'
    assert environment.cures(environment.examine(complete)) == [
        'pip uninstall -y mmcv', 'pip install --no-deps mmcv-lite==2.1.0'
    ]


def test_old_python_is_the_only_problem_named(monkeypatch):
    monkeypatch.setattr(environment.platform, 'python_version', lambda: '3.8.18')
    problem, = environment.examine({})
    assert problem.name == 'python' and 'found 3.8.18, want 3.11 or later' in problem.note


def test_newer_python_is_called_untested(monkeypatch, complete):
    monkeypatch.setattr(environment.platform, 'python_version', lambda: '3.12.1')
    assert environment.examine(complete)[0].state == 'untested'


def test_check_runs_where_nothing_is_installed():
    # -S leaves out the folder of installed packages.
    result = subprocess.run([sys.executable, '-S', CHECK], capture_output=True, text=True)
    assert result.returncode == 1
    assert 'pip install --no-deps mmengine==0.10.7' in result.stdout
    assert result.stderr == ''


def test_import_without_what_it_needs_names_the_check():
    result = subprocess.run([sys.executable, '-S', '-c', 'import mmaction_d3d'],
                            capture_output=True, text=True, cwd=ROOT)
    last = result.stderr.splitlines()[-1]
    assert last.startswith('ImportError: No module named') and 'tools/check_env.py' in last


def test_check_passes_here():
    result = subprocess.run([sys.executable, CHECK], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_optional_packages_are_named_with_the_file_that_installs_them(complete):
    del complete['mmpose']
    finding, = [f for f in environment.examine(complete) if f.name == 'mmpose']
    assert finding.state == 'optional'
    assert 'pip install --no-deps -r requirements/mmpose.txt' in finding.note


def test_the_complaints_of_pip_check_are_meant():
    run = subprocess.run([sys.executable, '-m', 'pip', 'check'], capture_output=True, text=True)
    files = ('install.txt', 'no_deps.txt')
    asked = {name for file in files for name in environment._requirements(file)}
    asked |= {
        name for file in ('mediapipe.txt', 'mmpose.txt')
        for name in environment.tested_versions(file)
    }
    listed = set(environment._requirements('meant.txt'))
    complaints = re.findall(
        r'^(\S+) \S+ (?:requires (\S+), which is not installed|is not supported)', run.stdout, re.M)
    named = {
        canonicalize_name(missing or name) for name, missing in complaints
        if canonicalize_name(name) in asked
    }
    assert named <= listed
    assert ('pip check may complain'
            in environment.describe(environment.examine())) is not any(problems(None))


@pytest.mark.parametrize(
    'package, script, code',
    [
        ('torch', 'tools/train.py', 2),
        ('torch', 'import mmaction_d3d', 1),
        ('torchvision', 'tools/infer.py', 2),  # which imports it after this project
    ])
def test_before_the_cure_a_tool_ends_in_one_line(tmp_path, package, script, code):
    (tmp_path / f'{package}.py').write_text('raise ImportError("no torch\\nhere")')
    command = ['-c', script] if ' ' in script else [str(ROOT / script), '--help']
    run = subprocess.run([sys.executable, *command], capture_output=True, text=True, cwd=ROOT,
                         env={**os.environ, 'PYTHONPATH': f'{tmp_path}:{ROOT}'})
    lines = run.stderr.splitlines()
    assert run.returncode == code and 'check_env.py' in lines[-1]
    assert code == 1 or (len(lines) == 1 and lines[0].startswith('error: environment: ')
                         and 'no torch here' in lines[0])
