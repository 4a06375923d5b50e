"""A checkpoint's config text is data."""
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmengine.config import Config
from running import ROOT

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference.stored_config import (
    MOST_CHARACTERS,
    MOST_DEPTH,
    MOST_TOKENS,
    parse_stored_config,
)

KEYS = st.from_regex(r'[a-z][a-z_]{0,7}', fullmatch=True)
PLAIN = st.none() | st.booleans() | st.integers(-10**9, 10**9) | st.floats(
    -1e9, 1e9) | st.text(max_size=9)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.
    dictionaries(
        KEYS | st.text(max_size=5).filter(lambda key: "'" not in key and key.isprintable() and '\\'
                                          not in key), inner, max_size=3), max_leaves=12)


def stored(content):
    """The text that mmengine stores of a config, but for its layout."""
    return Config(content, format_python_code=False).pretty_text


@pytest.mark.parametrize('name', ['d3d_ntu60_xsub', 'd3d_ut_interaction'])
def test_the_text_of_a_config_gives_its_values(name):
    cfg = Config.fromfile(ROOT / 'configs' / f'{name}.py')
    assert parse_stored_config(cfg.pretty_text, 'x.pth') == cfg.to_dict()


@given(VALUES)
def test_plain_values_come_back_as_they_were(value):
    text = f'first = {value!r}\nsecond = 2'
    assert parse_stored_config(text, 'x.pth') == dict(first=value, second=2)


@given(st.dictionaries(KEYS.filter(str.isidentifier), PLAIN, min_size=1, max_size=4))
def test_what_mmengine_writes_is_read(content):
    content = {f'key_{key}': dict(value=value) for key, value in content.items()}
    assert parse_stored_config(stored(content), 'x.pth') == content


@given(st.text(max_size=60), st.integers(0, 80), st.sampled_from(['', 'os.x', '()', '\ud800',
                                                                  '\0']))
def test_any_text_is_values_or_an_input_error(noise, place, word):
    whole = "model = dict(type='D3D', steps=[dict(a=1), (-2.5, None)], name='x')\n"
    for text in (noise, whole[:place] + word + noise + whole[place:]):
        try:
            assert isinstance(parse_stored_config(text, 'x.pth'), dict)
        except InputError as error:
            assert str(error).startswith('x.pth: meta.cfg') and str(error).isprintable()


CODE = [
    "__import__('os').system('touch {mark}')", "import os", "model = open('{mark}', 'w')",
    "model = dict(type=open('{mark}', 'w'))", "model = [open(name, 'w') for name in ['{mark}']]",
    "model = (lambda: 1)()", "model = f'{{1 + 1}}'", "model = b'x'", "a = 1\nmodel = a",
    "model = dict(**dict(a=1))", "model = dict([('a', 1)])", "model = {{'a': 1, **{{}}}}",
    "model = {{1, 2}}", "model = 1 + 1", "model = 2 ** 99", "model = 'x' * 9", "model: int = 1",
    "model = x = 1", "a, b = 1, 2", "model.a = 1", "model = -'x'", "model = --1", "model = not 1",
    "if True:\n    model = 1", "model = 1; import os", "model = os.environ['HOME']",
    "model = 1 if 1 else 2", "model = [*[1]]", "model = ...", "model = 1j", "model = 1e999",
    "model = " + '9' * 5000, "model = (", "model = 'open", "\x00", "model = (x := 1)",
    "@dict\nclass model:\n    pass", "del model", "model = nan", "model = \\\n", "dict(a=1)"
]


@pytest.mark.parametrize('text', CODE)
def test_code_is_refused_and_not_run(text, tmp_path):
    mark = tmp_path / 'mark'
    with pytest.raises(InputError, match=r'^x.pth: meta.cfg: .*config=') as caught:
        parse_stored_config(text.format(mark=mark), 'x.pth')
    assert not mark.exists() and '\n' not in str(caught.value) and len(str(caught.value)) < 400


def test_the_mark_shows_where_the_text_is_believed(tmp_path):
    Config.fromstring(f"model = open({str(tmp_path / 'mark')!r}, 'w').close()", '.py')
    assert (tmp_path / 'mark').exists()


@pytest.mark.parametrize('text, says', [
    ('a = ' + '[' * (MOST_DEPTH + 1) + ']' * (MOST_DEPTH + 1), f'more than {MOST_DEPTH} brackets'),
    ('a = ' + '[' * 10**5 + ']' * 10**5, f'more than {MOST_DEPTH} brackets'),
    ('a = ' + 'dict(a=' * 10**4 + '1' + ')' * 10**4, f'more than {MOST_DEPTH} brackets'),
    ('a = ' + '-' * 10**5 + '1', 'line 1'),
    ('a = [' + '1,' * MOST_TOKENS + ']', f'more than {MOST_TOKENS} values'),
    ('a = "' + 'x' * MOST_CHARACTERS + '"', f'found {MOST_CHARACTERS + 6} characters'),
    ('', 'no config'),
    (None, 'no config'),
    (dict(model=1), 'no config'),
])
def test_what_would_exhaust_the_machine_is_refused(text, says):
    with pytest.raises(InputError, match=says):
        parse_stored_config(text, 'x.pth')
