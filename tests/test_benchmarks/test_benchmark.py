"""What tools/benchmark.py measures and shows, at sizes of a test."""
import importlib.util
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mmengine.registry import init_default_scope
from running import ROOT

from mmaction_d3d.benchmarks import growth, machines, models, pipelines, recognition
from mmaction_d3d.benchmarks.report import (
    draw_spans,
    figure,
    fill,
    read_rows,
    table,
    write_rows,
)
from mmaction_d3d.benchmarks.tensors import bytes_of_a_step, most_bytes
from mmaction_d3d.benchmarks.timing import ratios, spread, time_in_turn
from mmaction_d3d.engine import read_config
from mmaction_d3d.errors import InputError
from mmaction_d3d.media import read

QUICKSTART = str(ROOT / 'configs' / 'd3d_quickstart.py')
PLAIN = str(ROOT / 'configs' / 'overfit' / 'd3d_overfit_narrow.py')  # without motion


@pytest.fixture(scope='module')
def tool():
    init_default_scope('mmaction')
    spec = importlib.util.spec_from_file_location('benchmark', ROOT / 'tools' / 'benchmark.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_timing_takes_turns():
    order = []
    times = time_in_turn(dict(a=lambda: order.append('a'), b=lambda: order.append('b')), 'cpu', 3)
    assert order == ['a', 'b'] * 3 and [len(taken) for taken in times.values()] == [3, 3]


def test_ratios_are_those_within_rounds():
    assert spread('ratio', ratios([2, 9, 4], [1, 3, 4])) == dict(ratio=2, ratio_low=1, ratio_high=3)


MEMORY = """
import torch
from mmaction_d3d.benchmarks.timing import warm_up

def call():
    first = torch.ones(64, 2**18)
    second = first + 1
    del first
    return second.sum()

print(warm_up(lambda: call, 'cpu')[1])
"""


def test_memory_is_the_most_that_was_held_at_once():
    # In a process of its own: what others freed amid the heap would be taken and kept.
    ended = subprocess.run([sys.executable, '-c', MEMORY], cwd=ROOT, capture_output=True, text=True,
                           check=True)
    assert 0.12 < float(ended.stdout) < 0.16  # twice 64 MiB


TWICE = '''
from mmengine.registry import init_default_scope
from mmaction_d3d.benchmarks import models
init_default_scope('mmaction')
one = models.subject('research/family/d3d_xs.py')
rows = models.measure([one, one._replace(name='again')], False, 'cpu', 1, 1)
print(*(row['gib'] for row in rows))
'''


def test_what_is_loaded_once_is_not_the_first_models_memory():
    ended = subprocess.run([sys.executable, '-c', TWICE], cwd=ROOT, capture_output=True, text=True,
                           check=True)
    first, again = map(float, ended.stdout.split()[-2:])
    assert first < 1.6 * again  # 2.7 otherwise


def test_tensors_of_a_call_are_counted_while_they_live():

    def call():
        first = torch.ones(1000)
        second = first[:500] + 1  # a view takes none
        del first
        return second * torch.ones(3000).sum()

    assert most_bytes(call) == 4 * (500 + 3000 + 1)
    assert bytes_of_a_step(lambda: call) == most_bytes(call)


def test_a_table_shows_spans_and_leaves_out_what_no_row_has():
    rows = [dict(name='a', seconds=1.2345, seconds_low=1., seconds_high=2000., parameters=12345)]
    columns = dict(name='what', seconds='s, to {reference}', gib='GiB', parameters='n')
    assert table(rows, columns).splitlines() == [
        '| what | s, to a | n |', '|---|---|---|', '| a | 1.23 (1 to 2,000) | 12,345 |'
    ]
    assert figure(0.01234) == '0.0123'


@pytest.mark.parametrize('values', [(0.3, 1, 2), (0.6, 0.9), (0.02, 0.5, 3.4), (0.001, 500)])
def test_labels_of_an_axis_do_not_overlap(values, tmp_path, monkeypatch):
    pictures = []
    monkeypatch.setattr(Figure, 'savefig', lambda picture, path, **how: pictures.append(picture))
    draw_spans([
        dict(name=f'without: tokens are sampled as weighted embeddings, {value}', seconds=value)
        for value in values
    ], 'seconds', 'seconds', tmp_path / 'a.png')
    picture, = pictures
    FigureCanvasAgg(picture).draw()
    axis, (left, right) = picture.axes[0].xaxis, picture.axes[0].get_xlim()
    boxes = sorted((tick.label1.get_window_extent().x0, tick.label1.get_window_extent().x1)
                   for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
                   if tick.label1.get_text() and left <= tick.get_loc() <= right)
    assert boxes and all(end < begin for (_, end), (begin, _) in pairwise(boxes))


def test_stored_rows_are_read_as_they_were(tmp_path):
    rows = [dict(name='a b', number=3, value=0.25), dict(name='c', other=1.5)]
    write_rows(tmp_path / 'a.csv', rows, 'here, now')
    assert read_rows(tmp_path / 'a.csv') == [dict(row, machine='here, now') for row in rows]
    with pytest.raises(InputError, match='b.csv: results: found No such file'):
        read_rows(tmp_path / 'b.csv')


def test_a_block_of_a_page_is_renewed_alone(tmp_path):
    page = tmp_path / 'page.md'
    page.write_text('a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n')
    fill(page, 'x', 'new')
    assert page.read_text() == 'a\n<!-- x: begin -->\n\nnew\n\n<!-- x: end -->\nb\n'
    with pytest.raises(InputError, match='y: found no page with such a block'):
        fill(page, 'y', 'new')


@pytest.mark.parametrize('name', models.PEERS)
def test_peers_are_mmaction2s_own(tool, name):
    peer = models.peer(name)
    assert peer.model.type.startswith(('MMRecognizer', 'Recognizer'))
    assert all(len(shape) == 4 for shape in peer.shapes.values())


@pytest.mark.parametrize('command', ['model', 'train'])
def test_the_tool_measures_a_model_beside_a_peer(tool, command, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(models, 'PEERS', {'ST-GCN++': models.PEERS['ST-GCN++']})
    monkeypatch.setattr(models, 'matrix_product', lambda device: (lambda: None, 1))
    tool.main([command, QUICKSTART, '--peers', '--repeats', '2', '--out', str(tmp_path)])
    name = command if command == 'model' else 'train_steps'
    rows = {row['name']: row for row in read_rows(tmp_path / f'{name}.csv')}
    assert list(rows) == ['ST-GCN++', 'd3d_quickstart'] and rows['ST-GCN++']['ratio'] == 1
    row = rows['d3d_quickstart']
    assert row['clip'] == '3x12x64x64, 12x17x3' and row['gib'] > 0
    assert row['gmacs'] == pytest.approx(1.02, abs=0.05)
    assert row['seconds_low'] <= row['seconds'] <= row['seconds_high']
    assert 'commit' in row['machine'] and (tmp_path / f'{name}.png').is_file()
    *lines, last = capsys.readouterr().out.splitlines()
    assert (tmp_path / f'{name}.md').read_text().splitlines() == lines
    assert last.endswith(
        f'tools/benchmark.py {dict(model="train", train="data")[command]} {QUICKSTART}')


def test_the_tool_measures_forms_of_a_config(tool, tmp_path, monkeypatch):
    monkeypatch.setattr(models, 'matrix_product', lambda device: (lambda: None, 1))
    tool.main(['model', QUICKSTART, '--forms', '--repeats', '1', '--out', str(tmp_path)])
    table = (tmp_path / 'model.md').read_text()
    assert re.findall(r'^\| d3d_quickstart(.*?) \|', table,
                      re.M) == ['', ', norms folded', ', bfloat16', ', norms folded, bfloat16']
    plain, recomputed = models.forms(QUICKSTART, training=True)
    assert recomputed.beside == plain.name and recomputed.model.backbone.with_cp
    assert 'with_cp' not in plain.model.backbone


def test_pipelines_read_the_same_videos(tool, monkeypatch):
    calls, take_frames = [], read.take_frames

    def count(path, wanted, take):
        taken = take_frames(path, wanted, take)
        assert sorted(taken) == wanted and 6 < len(wanted) <= 12  # some are drawn twice
        calls.append((Path(path).name, {picture is not None for picture in taken.values()}))
        return taken

    for module in (read, pipelines):
        monkeypatch.setattr(module, 'take_frames', count)
    rows = pipelines.measure([QUICKSTART], True, 40, 1, [(64, 96)])
    assert [(row['name'], row['video']) for row in rows] == [
        (name, video) for video in ('96x64', '96x64, written anew')
        for name in ('RGBPose-Conv3D', 'd3d_quickstart', 'd3d_quickstart, decoding alone')
    ]
    # Each once to warm up and once for the clock; decoding alone makes no pictures.
    assert calls == [(video, {pictures}) for video in ('64.mp4', '64_small.mp4')
                     for pictures in (True, False) * 2]
    assert rows[0]['ratio'] == 1 and all(row['clips_per_second'] > 0 for row in rows)


def test_recognition_counts_its_windows(tool):
    rows = {row['name']: row for row in recognition.measure(QUICKSTART, 'cpu', 4, 1)}
    windows = [row['windows_per_second'] * row['seconds'] for row in rows.values()]
    assert list(map(round, windows)) == [0, 1, 3, 5]


def test_windows_that_share_are_measured_beside_others(tool, tmp_path):
    tool.main([
        'infer', PLAIN, '--of', 'sharing', '--repeats', '1', '--device', 'cpu', '--out',
        str(tmp_path)
    ])
    half, quarter = read_rows(tmp_path / 'infer_sharing.csv')
    assert (half['windows'], quarter['windows']) == (5, 8)  # of 2 s in 5.5 s
    for row in (half, quarter):
        assert row['bound_low'] > 1  # the backbone sees fewer frames
        assert row['most_change'] > row['mean_change'] > 0 <= row['changed_labels'] <= 1
    with pytest.raises(InputError, match='CONFIG: found nothing'):
        tool.main(['infer', '--of', 'sharing'])


def test_costs_grow_as_the_windows_say(tool, monkeypatch):
    monkeypatch.setattr(growth, 'AXES', dict(people=(1, 8)))
    windows, full = growth.exponents(growth.measure(models.subject(QUICKSTART)))
    assert windows['form'] == 'as it is' and windows['values'] == '1 to 8'
    assert 0 < windows['whole_exponent'] < windows['temporal_exponent'] <= 1.1
    assert windows['joint_exponent'] < 1.15 < 1.4 < full['joint_exponent']


def test_the_page_has_a_block_for_each_part(tool):
    page = (ROOT / 'docs' / 'benchmarks.md').read_text()
    assert re.findall(r'<!-- (\w+): begin -->', page) == list(tool.PAGE)


def test_the_page_shows_the_stored_results(tool, tmp_path):
    """As far as they are stored: the others wait for an idle machine."""
    stored = [
        name for name in tool.PAGE
        if (ROOT / 'docs' / 'results' / f'benchmark_{name}.csv').is_file()
    ]
    shutil.copytree(ROOT / 'docs' / 'results', tmp_path / 'results')
    (tmp_path / 'images').mkdir()
    page = (ROOT / 'docs' / 'benchmarks.md').read_text()
    emptied = page
    for name in stored:
        emptied = re.sub(rf'(?<={name}: begin -->\n).*(?=<!-- {name}: end)', '', emptied,
                         flags=re.S)
    (tmp_path / 'benchmarks.md').write_text(emptied)
    assert stored and emptied != page
    tool.main(['page', '--redraw', '--docs', str(tmp_path), '--only', *stored])
    assert (tmp_path / 'benchmarks.md').read_text() == page


def test_trainings_on_many_gpus_are_reckoned_from_the_loader(tool, monkeypatch):
    monkeypatch.setattr(machines, '_FRAMES', 16)
    monkeypatch.setattr(machines, '_CLIPS', 2)
    measured, feeding, four, eight = machines.measure(QUICKSTART, 1, [1], (64, 96))
    assert measured['by_worker'] == measured['loader'] > 0
    assert feeding['loader'] == pytest.approx(16 * measured['by_worker'])
    assert (four['name'], eight['name']) == ('4 V100', '8 H100')
    assert machines.all_reduce_seconds(10**9, 4, 150e9) == pytest.approx(0.04)  # 1.5 x 4 GB
    epochs = read_config(QUICKSTART).train_cfg.max_epochs
    for row in (four, eight):
        assert row['least'] == min(row['loader'], row['gpus']) and 0 < row['all_reduce'] < 1
        assert row['hours'] * 3600 * row['least'] == pytest.approx(epochs * 54468)
