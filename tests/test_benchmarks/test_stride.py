"""Full against stride attention: what is counted, stored and shown."""
from itertools import count
from pathlib import Path

import pytest
import torch
from test_evaluation.hand_count import window_count

from mmaction_d3d.benchmarks import stride
from mmaction_d3d.benchmarks.growth import growth
from mmaction_d3d.benchmarks.stride import Case, measure, sweep_cases
from mmaction_d3d.benchmarks.stride_report import (
    COLUMNS,
    collect,
    draw,
    growth_table,
    ratio_table,
    read_rows,
    stated,
)

STORED = Path(__file__).resolve().parents[2] / 'docs' / 'results' / 'complexity.csv'
DIMS = 256


def by_hand(row):
    """Windows, and multiply-adds of the two products and of the whole layer."""
    joint, frames, tokens = row['attention'] == 'joint', row['T'], row['tokens']
    length = row['R'] if joint else frames
    window = length if row['method'] == 'full' else row['window']
    count, window = window_count(length, window, None), min(window, length)
    keys = frames * (window + 2) if joint else window * tokens
    product = 2 * count * keys**2 * DIMS
    averaged = frames * row['R'] if joint else frames * tokens
    average = averaged * count * window * DIMS
    return dict(windows=count, product_macs=product,
                layer_macs=product + average + 12 * frames * tokens * DIMS**2)


def row(method, window, macs, seconds, repeat, T=12):  # noqa: N803
    return dict(attention='temporal', axis='window', T=T, R=1, cells=6, window=window, tokens=10,
                method=method, windows=2, product_macs=macs, layer_macs=10 * macs, repeat=repeat,
                product_seconds=seconds, layer_seconds=10 * seconds)


ROWS = [
    row('full', 2, 900, 8., 1),
    row('stride', 2, 100, 2., 1),
    row('full', 2, 900, 9., 2),
    row('stride', 2, 100, 3., 2),
    row('full', 2, 900, 10., 3),
    row('stride', 2, 100, 2., 3),
    row('full', 4, 900, 8., 1),
    row('stride', 4, 800, 4., 1)
]


@pytest.fixture(scope='module')
def stored():
    return read_rows(STORED)


def test_stored_counts_agree_with_formulas(stored):
    assert {(key, value, i) for i, r in enumerate(stored) for key, value in by_hand(r).items()
            } == {(key, r[key], i) for i, r in enumerate(stored) for key in by_hand(r)}


def test_stored_results_hold_every_case_five_times_or_more(stored):
    repeats = {}
    for r in stored:
        case = Case(*(r[key] for key in Case._fields))
        repeats.setdefault((case, r['method']), []).append(r['repeat'])
    assert set(repeats) == {(case, m) for case in sweep_cases() for m in ('full', 'stride')}
    assert all(sorted(n) == list(range(1, len(n) + 1)) and len(n) >= 5 for n in repeats.values())


@pytest.mark.parametrize('attention', ['joint', 'temporal'])
def test_measured_rows_interleave_methods_and_count_this_code(attention, monkeypatch):
    base = dict(T=3, R=5, cells=4 * (attention == 'temporal'), window=2)
    monkeypatch.setattr(stride, 'BASE', {attention: base})
    monkeypatch.setattr(stride, 'SWEEPS', {attention: dict(T=(3, 4))})
    monkeypatch.setattr(stride.time, 'thread_time', count().__next__)  # a tick a look
    rows = list(measure(2))
    assert [(r['repeat'], r['T'], r['method']) for r in rows
            ] == [(repeat, frames, method)
                  for repeat, methods in ((1, ('full', 'stride')), (2, ('stride', 'full')))
                  for frames in (3, 4) for method in methods]
    for r in rows:
        assert {key: r[key] for key in by_hand(r)} == by_hand(r)
        assert (r['product_seconds'], r['layer_seconds']) == (1, 3)  # a part of the layer's
        assert set(r) == set(COLUMNS)


def test_the_windowed_layer_is_the_packages_own():
    torch.manual_seed(0)
    case = Case('temporal', 'T', 4, 2, 3, 2)
    full = stride.build_layer(case, 'full')
    windowed = stride.build_layer(case, 'stride')
    assert (full.window, windowed.window, windowed.stride) == (4, 2, None)


def test_growth_is_the_exponent():
    assert growth([1, 2, 4], [3, 24, 192]) == pytest.approx(3)


@pytest.mark.parametrize('attention, method, value', [('joint', 'full', 12**2 * 5**2),
                                                      ('joint', 'stride', 12**2 * 3**2),
                                                      ('temporal', 'full', 12**2 * 10**2),
                                                      ('temporal', 'stride', 3**2 * 10**2)])
def test_stated_is_what_tables_a1_and_a2_say(attention, method, value):
    assert stated(dict(attention=attention, method=method, T=12, R=5, window=3, tokens=10)) == value


def test_ratios_are_medians_over_rounds_with_their_range():
    line = ratio_table(collect(ROWS), 'temporal').splitlines()[2]
    # Ratios of the rounds: 4, 3 and 5. Stated: 12^2 over 2^2.
    ratios = '9.00 | 4.00 (3.00 to 5.00)'
    assert line == f'| wnd = 2 | 2 | 36.00 | {ratios} | {ratios} |'


def test_exponents_are_those_of_counts_and_of_median_times():
    line = growth_table(collect(ROWS)).splitlines()[-1]
    assert line == '| temporal | wnd | stride | 2 | 3.00 | 1.00 | 3.00 | 1.00 |'


def test_the_figure_is_drawn(stored, tmp_path):
    draw(stored, 'joint', tmp_path / 'joint.png')
    assert (tmp_path / 'joint.png').read_bytes()[:4] == b'\x89PNG'


@pytest.mark.parametrize('attention, axis, values', [('temporal', 'T', (6, 48)),
                                                     ('temporal', 'R', (25, 200)),
                                                     ('joint', 'R', (25, 200))])
def test_windows_of_one_size_cost_in_proportion(attention, axis, values):
    """Frames 6 to 48 and people 1 to 8; joint attention spans all frames, so not in T."""
    base = stride.BASE[attention]
    cases = [Case(attention, axis, **dict(base, **{axis: value})) for value in values]
    costs = [stride.count_case(case, 'stride')['layer_macs'] for case in cases]
    assert 0 < growth(values, costs) <= 1.1
    full = [stride.count_case(case, 'full')['layer_macs'] for case in cases]
    assert growth(values, full) > growth(values, costs)
