"""Checks in process: each is isolated, and each notices what it is for."""
import json

import pytest
import torch
from running import run_tool

from mmaction_d3d.errors import InputError
from mmaction_d3d.gpu_check import CHECKS, Context, checks, run_checks, selected, speed, table
from mmaction_d3d.gpu_check.checks import Check, CheckFailed
from mmaction_d3d.gpu_check.exactness import check_float32
from mmaction_d3d.gpu_check.gradients import Gradients, cosines
from mmaction_d3d.gpu_check.precision import verdict
from mmaction_d3d.gpu_check.runs import finish, start
from mmaction_d3d.models.heads import D3DHead


@pytest.fixture
def context(tmp_path):
    return Context('cpu', tmp_path, 'tiny')


def _passes(context):
    return 'fine', dict(figure=1)


def _fails(context):
    raise ValueError('two\nlines')


def test_a_failure_is_a_row_and_the_others_run(context):
    planted = [
        Check('bad', _fails, ()),
        Check('needs bad', _passes, ('bad', )),
        Check('good', _passes, ())
    ]
    results = run_checks(context, planted)
    assert [check.state for check in results] == ['fail', 'left out', 'pass']
    assert results[0].note == 'ValueError: two lines' and 'Traceback' in results[0].trace
    assert results[1].note == 'bad did not pass'
    assert json.loads(context.report.read_text())['checks'][2]['figures'] == dict(figure=1)
    assert table(results).splitlines()[-1] == '1 pass, 1 fail, 1 left out'


def test_what_ran_before_a_stop_is_in_the_report(context):

    def stopped(context):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_checks(context, [Check('good', _passes, ()), Check('stopped', stopped, ())])
    assert [check['name'] for check in json.loads(context.report.read_text())['checks']] == ['good']


def test_a_planted_fault_ends_with_code_1(monkeypatch, tmp_path, capsys):
    forward = D3DHead.forward

    def wrong(self, x, **kwargs):
        return forward(self, x, **kwargs) + 0.01 * (x.dtype == torch.float32)

    monkeypatch.setattr(D3DHead, 'forward', wrong)
    code = run_tool('tools/check_gpu.py', '--device', 'cpu', '--out', tmp_path, '--only', 'float32')
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith('float32 '))
    assert code == 1 and row.split()[1] == 'fail' and 'beyond tolerance' in row


def test_without_pyav_frames_serve_and_the_rest_is_said(monkeypatch, context):
    monkeypatch.setitem(checks.NEEDS, 'PyAV', lambda: 'PyAV is missing')
    note, _ = check_float32(context)
    assert 'logits' in note and (context.data_root / 'frames').is_dir()
    monkeypatch.setitem(CHECKS, 'train', Check('train', _passes, ()))
    results = run_checks(context, selected(['infer']))
    assert [(check.name, check.state, check.note)
            for check in results][1] == ('infer', 'left out', 'PyAV is missing')


def test_selection_brings_what_a_check_needs():
    assert [check.name for check in selected(['resume'])] == ['train', 'resume']
    assert [check.name for check in selected()] == list(CHECKS)
    with pytest.raises(InputError, match='--only: found nonsense, want one of environment'):
        selected(['nonsense'])


def test_verdict_on_gradients():
    control = dict(backbone=0.98, head=1.)
    assert verdict(dict(backbone=0.95, head=0.999), control) == []
    assert verdict(dict(backbone=0.93, head=0.999), control) == ['backbone']
    assert verdict(dict(head=float('nan')), control) == ['head']
    wanted = Gradients(None, dict(a=torch.tensor([3., 4.])))
    assert cosines(Gradients(None, dict(a=torch.tensor([6., 8.]))),
                   wanted)['a'] == (pytest.approx(1.))
    assert cosines(Gradients(None, dict(a=torch.tensor([6., torch.inf]))), wanted)['a'] == -1


def test_the_batch_is_halved_until_it_fits():

    def build(batch):
        if batch > 4:
            raise torch.OutOfMemoryError
        return 'built'

    assert speed.fitting(build, 16) == ('built', 4)
    with pytest.raises(CheckFailed, match='not even one clip'):
        speed.fitting(lambda batch: build(batch + 4), 16)


def test_a_tool_that_fails_gives_its_last_line(context):
    with pytest.raises(CheckFailed, match='exit code 3: no such thing'):
        finish(*start(context, 'bad', 'bash', '-c', 'echo no such thing; exit 3'))
