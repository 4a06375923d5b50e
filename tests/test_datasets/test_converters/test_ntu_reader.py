"""Reading ``.skeleton`` files: as float() reads them, and nothing but whole ones."""
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mmaction_d3d.benchmarks.ntu_reader import is_same, read_plainly
from mmaction_d3d.datasets.converters.ntu_reader import read_skeleton
from mmaction_d3d.errors import InputError

from .ntu_files import FIRST_ID, make_body, skeleton_lines, write_skeleton

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT.parent / 'shared/data/ntu'
TWO = [make_body(range(3), 1), make_body(range(1, 3), 2, FIRST_ID + 1)]


def write(path, lines, end='\r\n'):
    path.write_bytes(''.join(line + end for line in lines).encode())
    return str(path)


def write_numbers(path, texts):
    """A file of one body with these in the places of its first joints' first 11 numbers."""
    lines = skeleton_lines(1, TWO[:1])
    for row in range(4, 29):
        fields = lines[row].split()
        for index in range(11):
            fields[index] = texts[(row * 11 + index) % len(texts)]
        lines[row] = ' '.join(fields)
    expected = [[texts[(row * 11 + index) % len(texts)] for index in range(11)]
                for row in range(4, 29)]
    return write(path, lines), expected


numbers = st.one_of(
    st.from_regex(r'[+-]?([0-9]{1,17}(\.[0-9]{0,12})?|\.[0-9]{1,9})([eE][+-]?[0-9]{1,2})?',
                  fullmatch=True),
    st.floats(-2000, 2000).map(lambda number: f'{number:.7g}'))


@given(st.lists(numbers, min_size=1, max_size=275))
@example(['0.00123456', '-0.012345678', '12345678.9', '123456789', '0', '-0', '1.5', '00.5'])
def test_numbers_are_those_of_float(tmp_path_factory, texts):
    path, expected = write_numbers(tmp_path_factory.getbasetemp() / 'numbers.skeleton', texts)
    values = read_skeleton(path).joints[0, :, :11]
    expected = np.array(expected).astype(float)
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(np.signbit(values), np.signbit(expected))


@pytest.mark.parametrize('text', [
    'NaN', '-nan', 'nan(0x8)', '-nan(ind)', '1.#QNAN', '-1.#IND', '-1.#INF00', 'inf', '-Infinity',
    '1e999', '9' * 5000
])
@pytest.mark.parametrize('beside', ['1', '1.5 ', '1E-05'])
def test_what_is_not_finite_is_nan_everywhere(text, beside, tmp_path):
    path, expected = write_numbers(tmp_path / 'a.skeleton', [text, beside, text, beside])
    read = read_skeleton(path)
    for values, fields in ((read.xyz, slice(0, 3)), (read.colour, slice(5, 7))):
        odd = np.array(expected)[:, fields] == text
        np.testing.assert_array_equal(np.isnan(values[0]), odd)
        assert (values[0][~odd] == float(beside)).all() and odd.any()


def test_file_is_read_as_plainly(tmp_path):
    path = write_skeleton(tmp_path / 'a.skeleton', 5, TWO)
    read = read_skeleton(path)
    assert is_same(read, read_plainly(path))
    assert read.num_frames == 5 and read.frames.tolist() == [0, 1, 1, 2, 2]


def test_ids_are_exact(tmp_path):
    path = write_skeleton(tmp_path / 'a.skeleton', 3, TWO)
    assert set(read_skeleton(path).body_ids) == {FIRST_ID, FIRST_ID + 1}


@pytest.mark.parametrize('end', ['\n', '  \r\n', '\n\n'])
def test_other_line_ends_read_the_same(end, tmp_path):
    expected = read_skeleton(write_skeleton(tmp_path / 'a.skeleton', 3, TWO))
    lines = skeleton_lines(3, TWO)
    if end == '\n\n':
        path = write(tmp_path / 'b.skeleton', [*lines, '', ''], '\n')
    else:
        path = write(tmp_path / 'b.skeleton', lines, end)
    assert is_same(read_skeleton(path), expected)


def test_no_end_of_the_last_line(tmp_path):
    path = write_skeleton(tmp_path / 'a.skeleton', 3, TWO)
    expected = read_skeleton(path)
    path.write_bytes(path.read_bytes()[:-2])
    assert is_same(read_skeleton(path), expected)


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
    (change(0, lambda line: '-10'), "line 1: found '-10', want a whole number"),
    (change(0, lambda line: '1' * 4301), 'line 1: found .1{40}[.]{3}., want at most 19 digits'),
    (change(0, lambda line: '1' * 18), 'the end of the file, want number of bodies in frame 4'),
    (change(0, lambda line: '1_0'), "line 1: found '1_0', want a whole number"),
    (change(0, lambda line: '3.0'), "line 1: found '3.0', want a whole number"),
    (change(0, lambda line: 'nan'), "line 1: found 'nan', want a whole number"),
    (change(0, lambda line: '\u0663'), 'line 1: found .*, want a whole number'),
    (change(1, lambda line: '-1'), "line 2: found '-1', want a whole number"),
    (change(1, lambda line: '9' * 5000), 'line 2: found .9{40}[.]{3}., want at most 19 digits'),
    (change(1, lambda line: '9' * 19), 'line 30: .*1 numbers, want 10: a body of frame 1'),
    (change(2, field(0, '8' * 5000)), 'line 3: found .8{40}[.]{3}., want at most 19 digits'),
    (change(2, field(0, 'inf')), "line 3: found 'inf', want a whole number"),
    (change(2, field(0, '-5')), "line 3: found '-5', want a whole number"),
    (change(3, lambda line: '2' * 5000), 'line 4: found .2{40}[.]{3}., want at most 19 digits'),
    (change(4, lambda line: ''), "line 5: found '', 0 numbers, want 12"),
    (change(4, field(9, '1_0')), "line 5: found '1_0', want a number"),
    (change(4, field(9, '0x10')), "line 5: found '0x10', want a number"),
    (change(4, lambda line: line + ' # 1'), 'line 5: .*14 numbers, want 12'),
    (lambda lines: lines.pop(9), "line 29: found '2', 1 numbers, want 12: a joint of a body"),
    (change(4, field(9, '"1"')), "line 5: found '\"1\"', want a number"),
    (change(4, field(9, '#')), "line 5: found '#', want a number"),
    (change(4, field(9, '\x00')), 'line 5: found .*, want a number'),
    (change(4, field(9, '1\x1c2')), 'line 5: found .*, want a number'),
    (change(4, lambda line: '\x1f' + line), 'line 5: found .*, want a number'),
    (change(4, field(9, 'x' * 5000)), 'line 5: found .x{40}[.]{3}., want a number'),
    (change(4, field(11, 'nan')), 'line 5: found tracking state nan, want 0, 1 or 2'),
    (change(4, field(11, '-inf')), 'line 5: found tracking state -inf, want 0, 1 or 2'),
    (change(1, lambda line: '2'), 'line 30: .*1 numbers, want 10: a body of frame 1 of 3'),
    (change(1, lambda line: '0'), 'line 3: .*want 1: number of bodies in frame 2 of 3'),
    (change(1, lambda line: 'one'), "line 2: found 'one', want a whole number"),
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


def test_a_missing_or_doubled_line_is_refused_in_one_line(tmp_path):
    lines = skeleton_lines(3, TWO)
    for place in range(len(lines)):
        for faulty in (lines[:place] + lines[place + 1:], lines[:place + 1] + lines[place:]):
            path = write(tmp_path / 'a.skeleton', faulty)
            with pytest.raises(InputError, match=r': line \d+: found .*, want ') as caught:
                read_skeleton(path)
            assert len(str(caught.value)) < 300 and '\n' not in str(caught.value)


@pytest.mark.parametrize('extra', ['0', '1', 'x', '1 2 3'])
def test_lines_left_over_are_refused(extra, tmp_path):
    path = write(tmp_path / 'a.skeleton', [*skeleton_lines(3, TWO), '', extra])
    with pytest.raises(InputError, match='line 140: found more lines, want the end, after 3'):
        read_skeleton(path)


@pytest.mark.parametrize('content',
                         [b'', b' \r\n\r\n', b'\x00\xff' * 50, b'12', b'{"a": 1}', b'1\r\n'])
def test_something_else_is_refused(content, tmp_path):
    path = tmp_path / 'a.skeleton'
    path.write_bytes(content)
    with pytest.raises(InputError, match='line 1|line 2'):
        read_skeleton(path)


@pytest.mark.skipif(not REAL.is_dir(), reason='needs real NTU files')
def test_real_files():
    paths = sorted(REAL.glob('*.skeleton'))
    plain = [read_plainly(path) for path in paths]
    for path, expected in zip(paths, plain):
        assert is_same(read_skeleton(path), expected)
    assert [len(set(file.body_ids)) for file in plain] == [2, 1]
