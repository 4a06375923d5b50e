"""docs/paper.md against the code, and the arithmetic of the pseudo-code's slips."""
import ast
import functools
import inspect
import math
import re
from pathlib import Path

import pytest
from mmaction import registry
from mmengine.config import Config

import mmaction_d3d  # noqa: F401
from mmaction_d3d.models.layers import AttentionLayer
from mmaction_d3d.models.layers.joint_heatmaps import MIN_REACH
from mmaction_d3d.models.layers.token_search import TokenSearch
from mmaction_d3d.models.layers.windows import stride_windows

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs' / 'paper.md').read_text()
REGISTRIES = ('MODELS', 'DATASETS', 'TRANSFORMS', 'OPTIM_WRAPPERS')
CLASSES = {
    name: cls for kind in REGISTRIES for name, cls in getattr(registry, kind).module_dict.items()
    if cls.__module__.startswith('mmaction_d3d')
}
CLASSES['AttentionLayer'] = AttentionLayer


def table_rows(*header):
    """Cells of the rows below each header that begins with these columns."""
    rows, inside = [], False
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip('|').split('|')] if line[:1] == '|' else []
        if not cells or tuple(cells[:len(header)]) == header:
            inside = bool(cells)
        elif inside and set(cells[0]) != {'-'}:
            rows.append(cells)
    return rows


DECISIONS = table_rows('the paper says', 'chosen')
KEYS = sorted({key for row in DECISIONS for key in re.findall(r'`([^`]+)`', row[-1])})
ARGUMENTS = [key for key in KEYS if re.match(r'[A-Z]\w+\.\w+', key)]
CONFIG_VALUES = [key for key in KEYS if re.match(r'\S+\.py: ', key)]
FILES = [key for key in KEYS if key not in ARGUMENTS + CONFIG_VALUES]


def exactly(value):
    """A value that differs from 1.0 where it is 1 or True."""
    return type(value), value


@pytest.mark.parametrize('row', DECISIONS, ids=lambda row: row[0][:40])
def test_a_decision_says_what_and_where(row):
    says, chosen, _, key = row
    assert says and chosen and re.fullmatch(r'(fixed: )?`[^`]+`(, `[^`]+`)*', key)


@pytest.mark.parametrize('key', ARGUMENTS)
def test_an_argument_has_the_default_that_the_page_gives(key):
    name, _, default = key.partition('=')
    cls, _, argument = name.partition('.')
    actual = inspect.signature(CLASSES[cls]).parameters[argument].default
    wanted = ast.literal_eval(default) if default else inspect.Parameter.empty
    assert exactly(actual) == exactly(wanted)


@functools.cache
def read_config(name):
    return Config.fromfile(ROOT / 'configs' / name).to_dict()


@pytest.mark.parametrize('key', CONFIG_VALUES)
def test_a_config_has_the_value_that_the_page_gives(key):
    name, path, value = re.fullmatch(r'(\S+): ([\w.]+)=(.+)', key).groups()
    actual = read_config(name)
    for part in path.split('.'):
        actual = actual[int(part) if part.isdigit() else part]
    assert exactly(actual) == exactly(ast.literal_eval(value))


@pytest.mark.parametrize('path', FILES)
def test_a_fixed_decision_stands_in_a_file(path):
    assert (ROOT / path).is_file()


@pytest.mark.parametrize('name', [
    'D3DTransformer', 'D3DHead', 'R2Plus1D', 'GenerateJointHeatmap', 'PoseTokens', 'AttentionLayer',
    'DeformableAttention3D', 'JointStrideAttention', 'TemporalStrideAttention'
])
def test_every_argument_of_the_model_is_a_decision(name):
    named = {re.split('[.=]', key)[1] for key in ARGUMENTS if key.startswith(f'{name}.')}
    arguments = {
        p.name for p in inspect.signature(CLASSES[name]).parameters.values()
        if p.kind is not p.VAR_KEYWORD
    }
    # Of no matter to the paper; people of the transform are those of the data set.
    arguments -= {'init_cfg', 'embed_dims', 'layer', 'pose_tokens', 'with_cp'}
    if name == 'PoseTokens':  # as the transformer has them
        arguments -= {'in_channels', 'num_joints', 'num_person'}
    arguments -= ({'num_person'} if name == 'GenerateJointHeatmap' else set())
    assert named == arguments


def test_links_lead_to_headings_of_the_page():
    headings = re.findall(r'^#+ (.+)$', PAGE, re.M)
    anchors = {re.sub(r'[^\w\- ]', '', h.lower()).replace(' ', '-') for h in headings}
    links = re.findall(r'\]\(#([^)]+)\)', PAGE)
    assert links and set(links) <= anchors


# Algorithms A1 and A2 as they are printed.


def printed_query_starts(length, window):
    """Begins of the windows, and where the loop comes by for the second time, if it does."""
    stride, starts, i = window // 2, [], 0
    while i < length - window:
        if i in starts:
            return starts, i
        starts.append(i)
        i += stride
        if i > length - window:
            i -= window
    return starts, None


def printed_key_starts(length, window):
    stride = window // 2
    return list(range(stride, length - window, stride))


def without(length, window, starts):
    """Positions that are in no window."""
    covered = {i for start in starts for i in range(start, start + window)}
    return [i for i in range(length) if i not in covered]


def written(text):
    """The whole numbers that a cell lists, ranges spelt out."""
    numbers = []
    for first, last in re.findall(r'(\d+)(?:-(\d+))?', text):
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def axis(row):
    """N and wnd of a row such as ``T = 12 | 4``."""
    return written(row[0])[0], int(row[1])


LOOPS = table_rows('N', 'wnd', 'query windows')


@pytest.mark.parametrize('row', LOOPS, ids=lambda row: f'{row[0]}, wnd {row[1]}')
def test_the_printed_loops_give_what_the_page_says(row):
    length, window = axis(row)
    queries, again = printed_query_starts(length, window)
    keys = printed_key_starts(length, window)
    listed, _, repeat = row[2].partition(', again from ')
    assert written(listed) == queries
    assert written(repeat) == ([] if again is None else [again])
    assert written(row[3]) == keys
    assert written(row[4]) == without(length, window, queries)
    assert written(row[5]) == without(length, window, keys)


@pytest.mark.parametrize('row', LOOPS, ids=lambda row: f'{row[0]}, wnd {row[1]}')
def test_our_windows_are_those_of_the_page(row):
    windows = stride_windows(*axis(row))
    assert written(row[6]) == windows.query[:, 0].tolist()
    assert written(row[7]) == windows.key[:, 0].tolist()


@pytest.mark.parametrize('window', range(2, 16))
def test_the_printed_loops_never_reach_the_last_position(window):
    for length in range(1, 60):
        starts = printed_query_starts(length, window)[0] + printed_key_starts(length, window)
        assert length - 1 in without(length, window, starts)


@pytest.mark.parametrize('window', range(2, 16))
def test_when_the_printed_loop_never_ends(window):
    for length in range(window + 1, 60):
        endless = printed_query_starts(length, window)[1] is not None
        assert endless == (window % 2 == 0 and (length - window) % (window // 2) != 0)


def test_without_wrap_the_first_joints_are_never_keys():
    starts = stride_windows(13, 8, wrap=False).key[:, 0].tolist()
    assert (starts, without(13, 8, starts)) == ([4, 5, 5], [0, 1, 2, 3])
    assert 'at R = 13 and wnd = 8 keys are 4, 5, 5, and joints 0-3' in PAGE


def test_two_kernels_of_7_leave_what_the_page_says():
    rows = table_rows('axis', 'n', 'after one')
    assert [row[0] for row in rows] == ['T', 'H/8, W/8']
    for n, once, twice in ([int(cell) for cell in row[1:]] for row in rows):
        assert (once, twice) == (n - 7 + 1, n - 7 + 1 - 7 + 1)
    assert (13 - 6) - 6 == 1 and 'Two need 13 frames or more.' in PAGE


def test_cost_of_a_dense_search_is_what_the_page_says():
    t, h, w = TokenSearch(4).grid_size((12, 28, 28))
    grid, dense, depthwise = t * h * w, 256 * 256 * 7**3, 256 * 7**3
    assert f'{t} x {h} x {w} = {grid} searched tokens of 12 x 28 x 28 = {12 * 28 * 28}' in PAGE
    assert f'256 x 256 x 343 = {dense} weights, {dense / 1e6:.1f} M' in PAGE
    assert f'{dense} x {grid} = {dense * grid / 1e9:.1f} G' in ' '.join(PAGE.split())
    assert f'256 x 343 = {depthwise} weights and takes {depthwise * grid / 1e9:.2f} G' in PAGE


@pytest.mark.parametrize('row', table_rows('N', 'wnd', 'windows n'), ids=lambda row: row[0])
def test_pairs_of_all_windows_are_what_the_page_says(row):
    length, window = axis(row)
    count = len(stride_windows(length, window).query)
    assert [int(cell) for cell in row[2:]] == [count, count * window**2, length**2]


def test_reach_of_a_heatmap_is_what_the_page_says():
    assert MIN_REACH == 1e-6
    assert f'more than {math.sqrt(-2 * math.log(MIN_REACH)):.2f} cells' in PAGE


def test_table_4_drops_what_the_text_says():
    accuracy = {row[0]: float(row[2]) for row in table_rows('row', 'ticks')}
    assert accuracy['ours'] - accuracy['1'] == pytest.approx(4.9)
    assert f'about {(accuracy["4"] - accuracy["3"]) / 100 * 1068:.0f} clips' in PAGE
