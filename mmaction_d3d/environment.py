"""What an environment must hold for this package, and whether it does.

Needs the standard library only, so that it can tell what is missing where nothing is installed;
`tools/check_env.py` loads this file without the package around it. What is needed, with its limits,
stands in `requirements/install.txt` and `no_deps.txt`. The versions that were run are those of
`lock.txt` beside them; any other version is called untested.
"""
import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from .bundled import ROOT

REQUIREMENTS = ROOT / 'requirements'
TESTED_PYTHON = '3.11'
TESTED_PLATFORM = 'Linux x86_64'
_CHECK = 'd3d check-env (python tools/check_env.py in a checkout)'

# Packages that write the same module: one, and only one, of each group. The first is offered.
_ONE_OF = {
    'mmcv': ('mmcv-lite', 'mmcv'),
    'cv2': ('opencv-python-headless', 'opencv-python', 'opencv-contrib-python',
            'opencv-contrib-python-headless'),
}
_LINE = re.compile(r'(?P<name>[\w.-]+)(?P<relation><|>=)?(?P<bound>[\w.]+)?'
                   r'(; platform_machine == "(?P<machine>\w+)")?( +# (?P<why>.+))?')


class Finding(NamedTuple):
    """What is known of one requirement.

    ``state`` is one of 'ok', 'untested', 'optional' (absent, and may be) and 'problem'; a problem
    has a ``note`` that says what is wrong. ``remove`` are the packages to uninstall, and then
    ``install`` is the one to install, with its version.
    """

    name: str
    installed: str
    tested: str
    state: str
    note: str = ''
    remove: tuple = ()
    install: str = ''


class _Requirement(NamedTuple):
    """A line of a file of requirements: at most one bound, and why; the machine it is for."""
    name: str
    relation: str | None
    bound: str | None
    machine: str | None
    why: str | None


def _requirements(file: str) -> dict[str, _Requirement]:
    """Read ``install.txt`` or ``no_deps.txt``, by name."""
    requirements = map(_requirement, _lines_of(file))
    return {requirement.name: requirement for requirement in requirements}


def _requirement(line: str) -> _Requirement:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f'not a requirement with one bound at most: {line}')
    return _Requirement(*match.group('name', 'relation', 'bound', 'machine', 'why'))


def _lines_of(file: str) -> list[str]:
    lines = (REQUIREMENTS / file).read_text().splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def tested_versions(file: str = 'lock.txt') -> dict[str, str]:
    """Reads the versions that were run.

    Args:
        file: Name of a file in the folder ``requirements``.

    Returns:
        Version of each package that the file pins.
    """
    pins = (line.partition('==') for line in _lines_of(file))
    return {_normal(name): version for name, _, version in pins}


def installed_versions() -> dict[str, str]:
    """Read the version of each package that this Python finds, without importing any.

    Returns:
        Version by name, lower case with hyphens.
    """
    # The first of two installations is the one that Python imports.
    distributions = reversed(list(metadata.distributions()))
    return {_normal(dist.metadata['Name']): dist.version for dist in distributions}


def examine(installed: dict[str, str] | None = None) -> list[Finding]:
    """Compare an environment with what was run.

    Args:
        installed: Version by package name. Defaults to those of the Python that runs this.

    Returns:
        One for each requirement.
    """
    installed = installed_versions() if installed is None else installed
    tested = tested_versions()
    python = _examine_python()
    if python.state == 'problem':
        return [python]  # what another Python has installed is beside the point
    findings = [python, _examine_platform()]
    requirements = _requirements('install.txt') | _requirements('no_deps.txt')
    groups = [(module, names, requirements.pop(names[0])) for module, names in _ONE_OF.items()]
    for requirement in requirements.values():
        findings.append(_examine_package(requirement, installed, tested))
    for module, names, requirement in groups:
        findings.append(_examine_group(module, names, requirement, installed, tested))
    for file in ('mediapipe.txt', 'mmpose.txt', 'onnxruntime.txt', 'slurm.txt'):
        findings.extend(_examine_optional(file, installed))
    return findings


def cures(findings: list[Finding]) -> list[str]:
    """List the commands that mend what was found.

    Args:
        findings: What `examine` found.

    Returns:
        Commands, to be run in this order.
    """
    remove = [name for finding in findings for name in finding.remove]
    install = [finding.install for finding in findings if finding.install]
    by_pip = _requirements('install.txt')
    alone = [pin for pin in install if pin.partition('==')[0] not in by_pip]
    with_dependencies = [pin for pin in install if pin not in alone]
    commands = (('pip uninstall -y', remove), ('pip install', with_dependencies),
                ('pip install --no-deps', alone))
    return [' '.join([command, *names]) for command, names in commands if names]


def describe(findings: list[Finding]) -> str:
    """Write findings as a table, with the problems and their cures below it.

    Args:
        findings: What `examine` found.

    Returns:
        Lines to print.
    """
    rows = [('package', 'installed', 'tested', 'state')]
    rows += [(f.name, f.installed or '-', f.tested or '-', f.state) for f in findings]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        '  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows
    ]
    noted: dict[str, list[str]] = {}
    for finding in findings:
        if finding.note:
            noted.setdefault(finding.note, []).append(finding.name)
    commands = cures(findings)
    if noted:
        lines += ['', *(f'{", ".join(names)}: {note}' for note, names in noted.items())]
    if commands:
        lines += ['', 'To mend it, run:', *(f'  {command}' for command in commands)]
    else:
        lines += ['', 'pip check may complain of these, which is meant:']
        lines += [f'  {line.name}: {line.why}' for line in _requirements('meant.txt').values()]
    return '\n'.join(lines)


def explain(error: Exception) -> None:
    """Say of a failed import that the environment is at fault, if it is.

    Args:
        error: Any.

    Raises:
        SystemExit: With code 2 and one line on stderr, in a tool without ``--debug``.
        ImportError: Elsewhere.
    """
    if not isinstance(error, ImportError) and all(finding.state != 'problem'
                                                  for finding in examine()):
        return
    failure = ' '.join(f'{type(error).__name__} ({error})'.split())
    text = (f'environment: packages: found {failure}, want those that {_CHECK} names, '
            'with the command that installs them')
    if is_a_tool() and '--debug' not in sys.argv:
        print(f'error: {text}', file=sys.stderr)
        sys.exit(2)
    raise ImportError(f'{error}; {_CHECK} says what is missing and how to install it') from error


def is_a_tool() -> bool:
    """Whether this process runs one of the project's tools."""
    main = Path(str(getattr(sys.modules.get('__main__'), '__file__', None) or '')).resolve()
    tools = Path(__file__).resolve().parents[1] / 'tools'
    return tools in main.parents or main.stem in ('d3d', 'd3d_command')


def _examine_python() -> Finding:
    version = platform.python_version()
    if _release(version) < _release(TESTED_PYTHON):
        return Finding(
            'python', version, TESTED_PYTHON, 'problem',
            f'found {version}, want {TESTED_PYTHON} or later; '
            'once it is there, make setup creates an environment with it')
    return Finding('python', version, TESTED_PYTHON,
                   _ok((version + '.').startswith(TESTED_PYTHON + '.')))


def _examine_platform() -> Finding:
    here = f'{platform.system()} {platform.machine()}'
    return Finding('platform', here, TESTED_PLATFORM, _ok(here == TESTED_PLATFORM))


def _examine_package(requirement: _Requirement, installed: dict[str, str],
                     tested: dict[str, str]) -> Finding:
    name, relation, bound, machine, why = requirement
    version, want = installed.get(name, ''), tested.get(name, '')
    pin = f'{name}=={want}'
    if not version:
        if machine not in (None, platform.machine()):
            return Finding(name, '', want, 'optional')
        return Finding(name, '', want, 'problem', 'missing', install=pin)
    if bound and (_release(version) >= _release(bound)) != (relation == '>='):
        wish = f'version {bound} or later' if relation == '>=' else f'a version below {bound}'
        return Finding(name, version, want, 'problem', f'found {version}, want {wish}: {why}',
                       install=pin)
    # A local version such as +cu126 or +cpu names the build, not the release.
    return Finding(name, version, want, _ok(version.partition('+')[0] == want))


def _examine_group(module: str, names: tuple[str, ...], requirement: _Requirement,
                   installed: dict[str, str], tested: dict[str, str]) -> Finding:
    """Examine packages of which one must be there; the first of ``names`` is the tested one."""
    present = tuple(name for name in names if name in installed)
    if not present or present == names[:1]:
        return _examine_package(requirement, installed, tested)
    want = f'{names[0]}=={tested[names[0]]}'
    if len(present) > 1:
        # Removing one takes files of the others with it, so all go and one is installed afresh.
        return Finding(module, ', '.join(present), want, 'problem',
                       f'{len(present)} packages write it, want one', present, want)
    finding = _examine_package(requirement._replace(name=present[0]), installed, {})
    if finding.state == 'problem':
        return finding._replace(tested=want, remove=present, install=want)
    return finding._replace(tested=want)


def _examine_optional(file: str, installed: dict[str, str]) -> Iterator[Finding]:
    command = f'pip install --no-deps -r requirements/{file}'
    for name, want in tested_versions(file).items():
        version = installed.get(name, '')
        if version:
            yield Finding(name, version, want, _ok(version == want))
        else:
            yield Finding(name, '', want, 'optional', f'optional, installed by {command}')


def _ok(was_run: bool) -> str:
    return 'ok' if was_run else 'untested'


def _normal(name: str) -> str:
    return re.sub(r'[-_.]+', '-', name.strip()).lower()


def _release(version: str) -> list[int]:
    match = re.match(r'\d+(\.\d+)*', version)
    return [int(number) for number in match[0].split('.')] if match else []


def main() -> int:
    """Print what this environment holds.

    Returns:
        1 if something is missing or known not to work, otherwise 0.
    """
    findings = examine()
    print(describe(findings))
    return int(any(finding.state == 'problem' for finding in findings))


if __name__ == '__main__':
    sys.exit(main())
