"""The page of messages against the packages that print them, the lock and what is mended."""
import re
import shlex
import subprocess
import sys

from running import ROOT, page_commands, run_tool

from mmaction_d3d import environment
from mmaction_d3d.optional_parts import PARTS

PAGE = (ROOT / 'docs' / 'troubleshooting.md').read_text()
# Each prints what the page says that it prints, where nothing is mended.
FAILING = {
    'No module named': 'import mmaction.models.localizers',
    'Got unsupported ScalarType': 'import torch; torch.zeros(1, dtype=torch.bfloat16).numpy()',
    'Weights only load failed':
        'import io, torch\n'
        'from mmengine.logging import HistoryBuffer\n'
        'file = io.BytesIO()\n'
        'torch.save(HistoryBuffer([1.], [1]), file)\n'
        'file.seek(0)\n'
        'torch.load(file)',
}  # yapf: disable


def test_messages_are_those_of_the_packages():
    """In one process, which imports all of it once."""
    code = '\n'.join(
        ['import traceback', f'for code in {list(FAILING.values())!r}:', '    try: exec(code, {})',
         '    except Exception: print(traceback.format_exc().splitlines()[-1] + " "'
         ' + traceback.format_exc().replace(chr(10), " "), end=chr(0))'])  # yapf: disable
    printed = subprocess.run([sys.executable, '-c', code], text=True, capture_output=True,
                             check=True).stdout.split('\0')[:-1]
    assert len(printed) == len(FAILING)
    headings = re.findall(r'^### `(.*)`$', PAGE, re.M)
    for start, text in zip(FAILING, printed):
        assert any(heading.startswith(start) and heading in text for heading in headings), text
    assert 'mmengine.logging.history_buffer.HistoryBuffer' in printed[-1]
    assert 'mmengine.logging.history_buffer.HistoryBuffer' in PAGE


def test_versions_are_those_of_the_lock():
    tested = environment.tested_versions()
    pins = re.findall(r'`pip install [^`]*?([\w-]+)==([\d.]+)`', PAGE)
    assert len(pins) >= 3 and [pin for pin in pins if tested[pin[0]] != pin[1]] == []


def test_the_page_has_every_limit_and_every_part_that_may_fail():
    """Limits of files of locks are those of an installation that pip made by itself."""
    limits = {
        f'{name}<{requirement.bound}'
        for name, requirement in environment._requirements('install.txt').items()
        if requirement.relation == '<'
    }
    assert limits and [limit for limit in limits if f'"{limit}"' not in PAGE] == []
    packages = {package for needed in PARTS.values() for package in needed}
    assert [package for package in packages if f'`{package}`' not in PAGE] == []


def test_the_command_runs():
    (command, ) = page_commands('troubleshooting.md')
    _, tool, *options = shlex.split(command)
    assert run_tool(tool, *options) == 0
