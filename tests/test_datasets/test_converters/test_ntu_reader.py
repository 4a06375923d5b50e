"""Reading ``.skeleton`` files: as float() reads them, and nothing but whole ones."""
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mmaction_d3d.datasets.converters import ntu_reader
from mmaction_d3d.datasets.converters.decimals import (find_separators, frame_text, parse_decimals,
                                                       parse_number)
from mmaction_d3d.datasets.converters.ntu_reader import read_skeleton
from mmaction_d3d.errors import InputError

from .ntu_files import FIRST_ID, make_body, skeleton_lines, write_skeleton

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT.parent / 'shared/data/ntu'
TWO = [make_body(range(3), 1), make_body(range(1, 3), 2, FIRST_ID + 1)]


@pytest.fixture(scope='module')
def benchmark():
    """The benchmark's script, which holds the plain reader."""
    return runpy.run_path(str(ROOT / 'tools/analysis/benchmark_ntu_reader.py'))


def write(path, lines, end='\r\n'):
    path.write_bytes(''.join(line + end for line in lines).encode())
    return str(path)


numbers = st.one_of(
    st.from_regex(r'-?[0-9]{1,17}(\.[0-9]{1,12})?', fullmatch=True),
    st.floats(-2000, 2000).map(lambda number: f'{number:.7g}'))


@given(st.lists(numbers.filter(lambda number: 'e' not in number), min_size=1))
@example(['0.00123456', '-0.012345678', '12345678.9', '123456789', '0', '-0', '1.5', '00.5'])
def test_decimals_are_those_of_float(texts):
    text = frame_text(' '.join(texts).encode())
    separators = find_separators(text)
    values = parse_decimals(text, separators[:-1] + 1, separators[1:])
    expected = np.array([float(number) for number in texts])
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(np.signbit(values), np.signbit(expected))


@given(st.text('0123.- \n\rx', min_size=1, max_size=12))
@example('1.2.3')
@example('1.22\n3.4')
@example('1\r\n2')
@example('1\r2')
def test_only_plain_decimals_pass(text):

    good = re.fullmatch(r'(-?\d+(\.\d+)?( |\r?\n))*-?\d+(\.\d+)?( |\r?\n)?',
                        text + ('' if text.endswith('\n') else '\n'))
    separators = find_separators(frame_text(text.encode()))
    assert (separators is not None) == (good is not None)


@given(st.integers(1, 200), st.sampled_from([
    '1.2.3', '1.22222222222.3', '1..2', '1-2', '--1', '.5', '5.', '-', '.']))
@example(28, '1.22222222222.3')     # over the end of a machine word
def test_a_wrong_number_is_found_wherever_it_lies(place, wrong):
    text = b'7 ' * 100 + wrong.encode() + b' 8' * place     # the end is at the end of a word
    assert find_separators(frame_text(text)) is None


@pytest.mark.parametrize('text, value', [
    ('1E-05', 1e-5), ('-2.5e+3', -2500), ('+1', 1), ('NaN', np.nan), ('-nan', np.nan),
    ('1.#QNAN', np.nan), ('-1.#IND', np.nan), ('-1.#INF00', np.nan), ('inf', np.nan),
    ('1.2.3', None), ('1_0', None), ('abc', None), ('', None)])
def test_numbers_in_other_forms(text, value):
    found = parse_number(text.encode())
    assert found is None if value is None else np.array_equal(found, value, equal_nan=True)


def test_file_is_read_as_plainly(benchmark, tmp_path):
    path = write_skeleton(tmp_path / 'a.skeleton', 5, TWO)
    read = read_skeleton(path)
    assert benchmark['same'](read, benchmark['read_plainly'](path))
    assert read.num_frames == 5 and read.frames.tolist() == [0, 1, 1, 2, 2]


def test_published_form_takes_the_short_way(tmp_path, monkeypatch):
    path = write_skeleton(tmp_path / 'a.skeleton', 5, TWO)
    monkeypatch.setattr(ntu_reader, '_read_lines', None)
    assert read_skeleton(path).state.shape == (5, 25)


@pytest.mark.parametrize('text', ['1E-05', 'NaN', '-1.#IND', '-123456789.123456789'])
def test_odd_numbers_of_the_published_form_take_it_too(text, tmp_path, monkeypatch, benchmark):
    lines = skeleton_lines(3, TWO)
    lines[4] = ' '.join(['1', text, *lines[4].split()[2:5], text, *lines[4].split()[6:]])
    path = write(tmp_path / 'a.skeleton', lines)
    slow = ntu_reader._read_lines(path, Path(path).read_bytes())
    monkeypatch.setattr(ntu_reader, '_read_lines', None)
    assert benchmark['same'](read_skeleton(path), slow)


def test_ids_are_exact(tmp_path):
    path = write_skeleton(tmp_path / 'a.skeleton', 3, TWO)
    assert set(read_skeleton(path).body_ids) == {FIRST_ID, FIRST_ID + 1}


@pytest.mark.parametrize('end', ['\n', '  \r\n', '\n\n'])
def test_other_line_ends_read_the_same(end, tmp_path, benchmark):
    expected = read_skeleton(write_skeleton(tmp_path / 'a.skeleton', 3, TWO))
    lines = skeleton_lines(3, TWO)
    if end == '\n\n':
        path = write(tmp_path / 'b.skeleton', [*lines, '', ''], '\n')
    else:
        path = write(tmp_path / 'b.skeleton', lines, end)
    assert benchmark['same'](read_skeleton(path), expected)


def test_no_end_of_the_last_line(tmp_path, benchmark):
    path = write_skeleton(tmp_path / 'a.skeleton', 3, TWO)
    expected = read_skeleton(path)
    expected.xyz
    path.write_bytes(path.read_bytes()[:-2])
    assert benchmark['same'](read_skeleton(path), expected)


def test_file_without_bodies(tmp_path):
    path = write(tmp_path / 'a.skeleton', ['4', '0', '0', '0', '0'])
    read = read_skeleton(path)
    assert (read.num_frames, read.body_ids, read.xyz.shape) == (4, [], (0, 25, 3))


def test_every_shorter_file_is_refused(tmp_path):
    lines = skeleton_lines(2, TWO)
    for length in range(len(lines)):
        path = write(tmp_path / 'a.skeleton', lines[:length])
        with pytest.raises(InputError, match='the end of the file'):
            read_skeleton(path)


def test_file_cut_within_a_line_is_refused(tmp_path):
    text = '\r\n'.join(skeleton_lines(1, TWO[:1]))
    path = tmp_path / 'a.skeleton'
    for length in range(len(text) - 120, len(text) - 1, 7):
        path.write_text(text[:length], newline='')
        with pytest.raises(InputError):
            read_skeleton(path)


def change(line, function):
    """A fault: a function of the line, or of its numbers, number ``line`` of the file."""
    def apply(lines):
        lines[line] = function(lines[line])
    return apply


def field(index, value):
    def replace(line):
        fields = line.split()
        fields[index] = value
        return ' '.join(fields)
    return replace


@pytest.mark.parametrize('fault, message', [
    (change(0, lambda line: '4'), 'the end of the file, want number of bodies in frame 4 of 4'),
    (change(0, lambda line: '2'), 'line 85: found more lines, want the end, after 2 frames'),
    (change(0, lambda line: '-1'), "line 1: found '-1', want a whole number"),
    (change(1, lambda line: '2'), 'line 30: .*1 numbers, want 10: a body of frame 1 of 3'),
    (change(1, lambda line: '0'), 'line 3: .*want 1: number of bodies in frame 2 of 3'),
    (change(1, lambda line: 'one'), "line 2: found 'one', want a number"),
    (change(2, lambda line: line + ' 7'), 'line 3: .*11 numbers, want 10'),
    (change(2, field(0, '1.5')), 'line 3: found .1.5., want a whole number: id'),
    (change(2, field(7, 'x')), "line 3: found 'x', want a number"),
    (change(3, lambda line: '24'), 'line 4: found 24 joints, want 25'),
    (change(3, lambda line: '250'), 'line 4: found 250 joints, want 25'),
    (change(4, lambda line: line[:line.rindex(' ')]), 'line 5: .*11 numbers, want 12'),
    (change(4, field(9, '1.2.3')), "line 5: found '1.2.3', want a number"),
    (change(4, field(9, '1-2')), "line 5: found '1-2', want a number"),
    (change(4, field(3, '1O')), "line 5: found '1O', want a number"),
    (change(4, field(11, '3')), 'line 5: found tracking state 3, want 0, 1 or 2'),
    (change(4, field(11, '1.5')), 'line 5: found tracking state 1.5'),
    (change(4, field(11, '12')), 'line 5: found tracking state 12'),
    (change(57, lambda line: line.replace(str(FIRST_ID + 1), str(FIRST_ID))),
     'line 84: found the ids .* in frame 2 of 3, want each body once'),
])
def test_faults_are_named(fault, message, tmp_path):
    lines = skeleton_lines(3, TWO)
    fault(lines)
    path = write(tmp_path / 'a.skeleton', lines)
    with pytest.raises(InputError, match=message):
        read_skeleton(path)


@pytest.mark.parametrize('content', [b'', b'\x00\xff' * 50, b'12', b'{"a": 1}', b'1\r\n'])
def test_something_else_is_refused(content, tmp_path):
    path = tmp_path / 'a.skeleton'
    path.write_bytes(content)
    with pytest.raises(InputError, match='line 1|line 2'):
        read_skeleton(path)


@pytest.mark.skipif(not REAL.is_dir(), reason='needs real NTU files')
def test_real_files(benchmark, monkeypatch):
    paths = sorted(REAL.glob('*.skeleton'))
    plain = [benchmark['read_plainly'](path) for path in paths]
    monkeypatch.setattr(ntu_reader, '_read_lines', None)    # all by the short way
    for path, expected in zip(paths, plain):
        assert benchmark['same'](read_skeleton(path), expected)
    assert [len(set(file.body_ids)) for file in plain] == [2, 1]
