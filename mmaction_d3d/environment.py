"""What an environment must hold for this package, and whether it does.

Needs the standard library only, so that it can tell what is missing where nothing is installed;
`setup.py` and `tools/check_env.py` load this file without the package around it. The versions that
were run are those of `requirements/lock.txt`; any other version is called untested.
"""
import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

REQUIREMENTS = Path(__file__).resolve().parents[1] / 'requirements'
TESTED_PYTHON = '3.11'
TESTED_PLATFORM = 'Linux x86_64'

# None of these asks for an opencv, so pip may look after them and what they need in turn. The
# second row is what mmengine, mmcv and mmaction2 need, because pip does not look after those.
_WITH_DEPENDENCIES = ('av', 'decord', 'matplotlib', 'numpy', 'scikit-learn', 'torch', 'torchvision',
                      'addict', 'einops', 'filelock', 'importlib-metadata', 'packaging', 'pillow',
                      'pyyaml', 'rich', 'scipy', 'setuptools', 'termcolor', 'yapf')
_WITHOUT_DEPENDENCIES = ('mmengine', 'mmaction2')
# Packages that write the same module: one, and only one, of each group. The first is offered.
_ONE_OF = {
    'mmcv': ('mmcv-lite', 'mmcv'),
    'cv2': ('opencv-python-headless', 'opencv-python', 'opencv-contrib-python',
            'opencv-contrib-python-headless'),
}
# The first version that is known not to work, and why.
_BREAKS_AT = {
    'numpy': ('2', 'MMAction2 1.2.0 uses np.Inf, which numpy 2 lacks'),
    'setuptools': ('81', 'mmengine 0.10.7 imports pkg_resources, which setuptools 81 lacks'),
    **dict.fromkeys(_ONE_OF['mmcv'], ('2.2', 'MMAction2 1.2.0 refuses it')),
    **dict.fromkeys(_ONE_OF['cv2'], ('4.12', 'it needs numpy 2, MMAction2 1.2.0 numpy 1')),
}

# The first version that is known to work, and why.
_WORKS_FROM = {
    'filelock': ('3.32', 'an earlier one takes files for locks where the file system has none'),
}


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


def tested_versions(file: str = 'lock.txt') -> dict[str, str]:
    """Reads the versions that were run.

    Args:
        file: Name of a file in the folder ``requirements``.

    Returns:
        Version of each package that the file pins.
    """
    lines = (REQUIREMENTS / file).read_text().splitlines()
    return {
        _normal(name): version for name, _, version in (line.partition('==') for line in lines)
        if version and not name.startswith('#')
    }


def installed_versions() -> dict[str, str]:
    """Read the version of each package that this Python finds, without importing any.

    Returns:
        Version by name, lower case with hyphens.
    """
    # The first of two installations is the one that Python imports.
    found = reversed(list(metadata.distributions()))
    return {_normal(dist.metadata['Name']): dist.version for dist in found}


def pip_requirements() -> list[str]:
    """List what pip installs along with this package: nothing that brings an opencv.

    Returns:
        Requirements, for ``install_requires``.
    """
    limits = {name: f'<{limit}' for name, (limit, _) in _BREAKS_AT.items()}
    limits.update({name: f'>={first}' for name, (first, _) in _WORKS_FROM.items()})
    # decord has wheels for this machine only; elsewhere PyAV decodes.
    markers = {'decord': '; platform_machine == "x86_64"'}
    return [name + limits.get(name, '') + markers.get(name, '') for name in _WITH_DEPENDENCIES]


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
    for name in _WITH_DEPENDENCIES + _WITHOUT_DEPENDENCIES:
        findings.append(_examine_package(name, installed, tested))
    for module, names in _ONE_OF.items():
        findings.append(_examine_group(module, names, installed, tested))
    for file in sorted(REQUIREMENTS.glob('*.txt')):
        if file.name != 'lock.txt':
            findings.extend(_examine_optional(file.name, installed))
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
    alone = [pin for pin in install if pin.partition('==')[0] not in _WITH_DEPENDENCIES]
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
    return '\n'.join(lines)


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


def _examine_package(name: str, installed: dict[str, str], tested: dict[str, str]) -> Finding:
    version, want = installed.get(name, ''), tested.get(name, '')
    pin = f'{name}=={want}'
    if not version:
        if name == 'decord' and platform.machine() != 'x86_64':
            return Finding(name, '', want, 'optional')
        return Finding(name, '', want, 'problem', 'missing', install=pin)
    if name in _BREAKS_AT:
        limit, why = _BREAKS_AT[name]
        if _release(version) >= _release(limit):
            return Finding(name, version, want, 'problem',
                           f'found {version}, want a version below {limit}: {why}', install=pin)
    if name in _WORKS_FROM:
        first, why = _WORKS_FROM[name]
        if _release(version) < _release(first):
            return Finding(name, version, want, 'problem',
                           f'found {version}, want version {first} or later: {why}', install=pin)
    # A local version such as +cu126 or +cpu names the build, not the release.
    return Finding(name, version, want, _ok(version.partition('+')[0] == want))


def _examine_group(module: str, names: tuple[str, ...], installed: dict[str, str],
                   tested: dict[str, str]) -> Finding:
    """Examine packages of which one must be there; the first of ``names`` is the tested one."""
    found = tuple(name for name in names if name in installed)
    if len(found) == 1 and found[0] == names[0] or not found:
        return _examine_package(names[0], installed, tested)
    want = f'{names[0]}=={tested[names[0]]}'
    if len(found) > 1:
        # Removing one takes files of the others with it, so all go and one is installed afresh.
        return Finding(module, ', '.join(found), want, 'problem',
                       f'{len(found)} packages write it, want one', found, want)
    one = _examine_package(found[0], installed, {})
    if one.state == 'problem':
        return one._replace(tested=want, remove=found, install=want)
    return one._replace(tested=want)


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
