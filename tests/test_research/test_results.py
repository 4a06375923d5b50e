"""Results on disk."""
import pytest

from mmaction_d3d.errors import InputError
from research.ablation.results import FIELDS, Results

from .support import make_row


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / 'new' / 'results.csv')


def test_what_is_added_is_read_again(path):
    results = Results(path)
    assert len(results) == 0
    rows = [make_row('a', 1, 0.25, offset_std_x=0.125), make_row('a', 0, 0.5), make_row('b', 0)]
    for row in rows:
        results.add(row)
    again = Results(path)
    assert again.of('a') == [rows[1], rows[0]] and again.get('b', 0) == rows[2]
    assert again.get('b', 1) is None and again.of('c') == []


def test_a_run_that_is_added_again_replaces_its_row(path):
    results = Results(path)
    results.add(make_row(top1=0.1))
    results.add(make_row(top1=0.2))
    assert [row['top1'] for row in Results(path).of('s')] == [0.2]


def test_the_file_is_whole_or_as_it_was(path, monkeypatch):
    Results(path).add(make_row(seed=0))
    monkeypatch.setattr('os.replace', lambda *files: (_ for _ in ()).throw(OSError('no space')))
    with pytest.raises(InputError, match='results.csv: writing: found no space'):
        Results(path).add(make_row(seed=1))
    assert len(Results(path)) == 1


@pytest.mark.parametrize('change, text', [
    (lambda text: text.replace('top1,', '', 1), 'columns: found settings,config,seed,num_test,'),
    (lambda text: text.replace(',0.5,', ',half,'), 'line 2, top1: found half, want float'),
    (lambda text: text + text.partition('\n')[2], 'line 3: found c 0 a second time'),
])
def test_a_damaged_file_is_refused(path, change, text):
    Results(path).add(make_row())
    with open(path) as file:
        content = file.read()
    with open(path, 'w') as file:
        file.write(change(content))
    with pytest.raises(InputError, match=text):
        Results(path)


def test_columns_stand_in_the_stated_order(path):
    Results(path).add(make_row())
    with open(path) as file:
        assert file.readline().strip() == ','.join(FIELDS)
