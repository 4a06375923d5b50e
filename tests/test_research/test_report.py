"""Tables, plots and the page, from made-up results."""
import re
from pathlib import Path

import pytest

from mmaction_d3d.errors import InputError
from research.ablation import STUDIES, Results, read_config, run_settings, write_page
from research.ablation.report import (
    collect,
    difference,
    draw,
    make_table,
    of_reference,
    write_report,
)

from .support import make_row

ROOT = str(Path(__file__).parents[2])
PAGE = Path(ROOT, 'docs', 'ablations.md')


@pytest.fixture
def results(tmp_path):
    """Two variants of table 5 with three seeds each, test frames 4 with one."""
    made = Results(str(tmp_path / 'results.csv'))
    ours = read_config(ROOT, 'ours')
    for name, scores in (('ours', (0.9, 0.8, 0.7)), ('tokens_none', (0.8, 0.6, 0.7))):
        cfg = read_config(ROOT, name)
        for seed, top1 in enumerate(scores):
            made.add(make_row(run_settings(cfg, cfg), seed, top1, config=name))
    made.add(make_row(run_settings(ours, read_config(ROOT, 'test_frames_4')), 0, 0.3))
    return made


def test_rows_are_found_by_what_was_run(results):
    collected = {
        v.config: [r['top1'] for r in rows] for v, rows in collect(ROOT, STUDIES['table5'], results)
    }
    assert collected == dict(tokens_none=[0.8, 0.6, 0.7], tokens_single=[], ours=[0.9, 0.8, 0.7])
    collected = collect(ROOT, STUDIES['figA1'], results)
    assert [len(rows) for _, rows in collected] == [1, 0, 0, 3, 0]


def test_differences_are_paired_by_seed():
    ours = [make_row(seed=seed, top1=top1) for seed, top1 in enumerate((0.9, 0.8, 0.7))]
    rows = [make_row(seed=seed, top1=top1) for seed, top1 in ((2, 0.6), (0, 0.8), (7, 0.1))]
    assert difference(rows, ours) == '-10.0 ± 0.0'
    assert difference(rows[-1:], ours) == ''
    assert difference(rows[:1], ours) == '-10.0'


def test_the_table_holds_mean_spread_and_n_beside_the_papers_number(results):
    table = make_table(STUDIES['table5'], collect(ROOT, STUDIES['table5'], results),
                       of_reference(ROOT, STUDIES['table5'], results))
    assert '| no tokens | 92.2 | 70.0 | 10.0 | 3 x 100 | -10.0 ± 24.8 | 40.0 | 1.235 |' in table
    assert '| single token | 97.0 | not run |  |  |  |  |  |' in table
    ours = '| cross-modal tokens (ours) | 99.7 | 80.0 | 10.0 | 3 x 100 | ours | 40.0 | 1.235 |'
    assert ours in table
    rows = [line.count('|') for line in table.splitlines()]
    assert len(set(rows)) == 1


def test_a_figures_points_are_compared_with_ours_by_seed(results):
    # Seed 0 of ours is at 90, the mean of its seeds at 80.
    table = make_table(STUDIES['figA1'], collect(ROOT, STUDIES['figA1'], results),
                       of_reference(ROOT, STUDIES['figA1'], results))
    assert '| 4 frames | 30.0 |  | 1 x 100 | -60.0 | 40.0 | 1.235 |' in table
    assert '| 12 frames | 80.0 | 10.0 | 3 x 100 | ours | 40.0 | 1.235 |' in table


@pytest.mark.parametrize('name', STUDIES)
def test_every_study_has_a_table_and_a_plot(name, results, tmp_path):
    table, plot = write_report(ROOT, name, results, str(tmp_path))
    assert len(Path(table).read_text().splitlines()) == 2 + len(STUDIES[name].variants)
    assert Path(plot).stat().st_size > 3000


def test_plots_show_only_what_was_run(results, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr('matplotlib.figure.Figure.savefig',
                        lambda figure, path: drawn.append(figure))
    draw(STUDIES['table5'], collect(ROOT, STUDIES['table5'], results), 'unused')
    draw(STUDIES['figA1'], collect(ROOT, STUDIES['figA1'], results), 'unused')
    table, figure = drawn
    assert [label.get_text() for label in table.axes[0].get_yticklabels()
            ] == ['no tokens', 'cross-modal tokens (ours)']
    line = figure.axes[0].lines[0]
    # Seed 0 is the one that both have.
    assert [*zip(line.get_xdata(), line.get_ydata())] == [(4, 30), (12, pytest.approx(90))]
    assert figure.axes[0].get_ylabel().endswith('line: seed 0')
    assert sorted(map(tuple, figure.axes[0].lines[2].get_xydata())) == [(12, pytest.approx(70)),
                                                                        (12, pytest.approx(80)),
                                                                        (12, pytest.approx(90))]
    bars = [bar.get_width() for bar in table.axes[0].patches]
    assert bars == [pytest.approx(70), pytest.approx(80)]


def test_the_page_is_renewed_between_its_markers(results, tmp_path):
    page = tmp_path / 'page.md'
    (tmp_path / 'images').mkdir()
    page.write_text('before\n' + ''.join(f'<!-- {name} -->\nold\n<!-- end {name} -->\nkept {name}\n'
                                         for name in STUDIES))
    write_page(ROOT, str(page), lambda base: results)
    text = page.read_text()
    assert text.startswith('before\n') and 'old' not in text
    assert all(f'kept {name}\n' in text for name in STUDIES)
    assert '| no tokens | 92.2 | 70.0 |' in text.partition('<!-- table5 -->')[2].partition(
        '<!-- end table5 -->')[0]
    # Nothing to compare with, no plot.
    assert {path.name for path in (tmp_path / 'images').iterdir()
            } == {'ablations_table5.png', 'ablations_figA1.png'}
    assert text.count('](images/') == 2
    write_page(ROOT, str(page), lambda base: results)
    assert page.read_text() == text


def test_a_page_without_markers_is_refused(results, tmp_path):
    (tmp_path / 'page.md').write_text('nothing')
    with pytest.raises(InputError, match='markers: found none, want <!-- table4 -->'):
        write_page(ROOT, str(tmp_path / 'page.md'), lambda base: results)


def test_the_committed_page_is_that_of_the_committed_results(tmp_path):

    def results(base):
        name = Path(base).stem if base else 'synthetic'
        return Results(str(Path(ROOT, 'docs', 'results', f'ablations_{name}.csv')))

    page = tmp_path / 'ablations.md'
    page.write_text(PAGE.read_text())
    (tmp_path / 'images').mkdir()
    write_page(ROOT, str(page), results)
    assert page.read_text() == PAGE.read_text()
    shown = set(re.findall(r'images/(ablations_\w+\.png)', PAGE.read_text()))
    assert shown == {path.name for path in (tmp_path / 'images').iterdir()}
    assert all((PAGE.parent / 'images' / name).exists() for name in shown)
