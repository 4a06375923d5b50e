"""What get_flops.py and the tables of benchmark.py print and write."""
import importlib.util
import re
import shlex
import shutil
from pathlib import Path

import pytest
from running import page_commands, run_tool

from mmaction_d3d.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
QUICKSTART = str(ROOT / 'configs' / 'd3d_quickstart.py')


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / 'tools' / 'analysis' / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(text):
    return {
        name.strip(): float(macs)
        for name, macs in re.findall(r'^(.{28}) *[\d,]+ +([\d.]+)$', text, re.M)
    }


def test_get_flops_prints_a_line_a_part(capsys):
    load('get_flops').main([QUICKSTART])
    text = capsys.readouterr().out
    assert 'one clip: imgs 3 x 12 x 64 x 64, keypoint 12 x 17 x 3\n' in text
    parts = table(text)
    assert list(parts) == [
        'backbone', 'pose tokens', 'token search', 'deformable attention', 'joint stride attention',
        'temporal stride attention', 'FFN', 'other tokens and CLS merge', 'head', 'total'
    ]
    assert parts.pop('total') == pytest.approx(sum(parts.values()), abs=0.01)


def test_get_flops_takes_shapes_from_the_command_line(capsys):
    load('get_flops').main(
        [QUICKSTART, '--shape', 'imgs=3x4x64x80', 'keypoint=4x17x3', '--train-step'])
    text = capsys.readouterr().out
    assert 'one clip: imgs 3 x 4 x 64 x 80, keypoint 4 x 17 x 3\n' in text
    assert float(re.search(r'peak memory .*: ([\d.]+) GiB', text)[1]) > 0.1


def test_get_flops_finds_mmaction2s_own_configs(capsys):
    load('get_flops').main(
        ['mmaction::skeleton/posec3d/rgbpose_conv3d/rgbpose_conv3d.py', '--split', 'test'])
    text = capsys.readouterr().out
    assert 'imgs 3 x 8 x 256 x 256, heatmap_imgs 17 x 32 x 64 x 64\n' in text
    assert list(table(text)) == ['RGB path', 'pose path', 'head', 'total']


FLOPS = [command for command in page_commands('complexity.md') if 'get_flops.py' in command]


@pytest.mark.parametrize('command, total', [*zip(FLOPS, (319.259, 58.005, 467.880), strict=True)])
def test_get_flops_as_the_page_writes_it(command, total, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    _, script, *arguments = shlex.split(command)
    assert run_tool(script, *arguments) == 0
    assert table(capsys.readouterr().out)['total'] == pytest.approx(total, abs=0.001)


@pytest.mark.parametrize('shape', ['imgs', '=3x4', 'imgs=3x', 'imgs=3x0', 'imgs=3xa'])
def test_get_flops_refuses_a_shape_that_is_none(shape):
    with pytest.raises(InputError, match='--shape: found .*want KEY=AxBxC'):
        load('get_flops').main([QUICKSTART, '--shape', shape])


def test_the_page_shows_the_stored_results(tmp_path):
    page = (ROOT / 'docs' / 'complexity.md').read_text()
    (tmp_path / 'images').mkdir()
    shutil.copytree(ROOT / 'docs' / 'results', tmp_path / 'results')
    # The test would see a block that is not renewed.
    emptied = re.sub(r'(?<=tables: begin -->\n).*(?=<!-- tables: end)', '', page, flags=re.S)
    assert emptied != page
    (tmp_path / 'complexity.md').write_text(emptied)
    load('../benchmark').main(['tables', '--redraw', '--docs', str(tmp_path)])
    assert (tmp_path / 'complexity.md').read_text() == page
    assert {path.name for path in (tmp_path / 'images').iterdir()
            } == {'complexity_joint.png', 'complexity_temporal.png'}


@pytest.mark.parametrize('arguments, match',
                         [(['--redraw', '--docs', 'nowhere'], '--redraw: found no such file'),
                          (['--repeats', '0'], '--repeats: found 0')])
def test_the_benchmark_refuses_wrong_input(arguments, match):
    with pytest.raises(InputError, match=match):
        load('../benchmark').main(['tables', *arguments])
