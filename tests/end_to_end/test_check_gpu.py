"""The command for a GPU owner, whole, on a CPU."""
import json
import shlex
import subprocess
import sys

import pytest
import torch
from running import ROOT, page_commands, run_tool

from mmaction_d3d.gpu_check import CHECKS

WHOLE, SMALL = page_commands('gpu.md')


def test_all_checks_pass_on_a_cpu(tmp_path):
    ended = subprocess.run(
        [sys.executable, *shlex.split(WHOLE)[1:], '--device', 'cpu', '--out', tmp_path], cwd=ROOT,
        text=True, capture_output=True)
    assert ended.returncode == 0, ended.stdout[-3000:]
    report = json.loads((tmp_path / 'gpu_check.json').read_text())
    assert [(check['name'], check['state']) for check in report['checks']] == [(name, 'pass')
                                                                               for name in CHECKS]
    parts = report['checks'][-1]['figures']
    assert parts['search, training']['low'] <= parts['search, training']['ms']
    assert f'{len(CHECKS)} pass, 0 fail, 0 left out' in ended.stdout


def test_the_command_of_the_gradients_is_one_of_the_tool(tmp_path, capsys):
    argv = shlex.split(SMALL)[1:]
    assert run_tool(*argv, '--size', 'tiny', '--only', 'environment', '--out', tmp_path) == 0
    assert '1 pass, 0 fail, 0 left out' in capsys.readouterr().out


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
def test_without_a_gpu_one_line_says_so(tmp_path, run_lines):
    code, _, last = run_lines(*shlex.split(WHOLE)[1:], '--out', tmp_path / 'out')
    assert code == 2 and not (tmp_path / 'out').exists()
    assert last.startswith('error: command line: --device: found ')
