"""Environment variables in configs."""
import os
from argparse import Namespace

import pytest
from mmengine.config import Config

from mmaction_d3d.engine import DATA_VARIABLE, load_config
from mmaction_d3d.errors import InputError

TEXT = """
root = '{{$D3D_TEST_ROOT:data/ntu60}}'
double = "{{$D3D_TEST_ROOT:data/ntu60}}/videos"
joined = f'{root}/a' + '''{{ $D3D_TEST_ROOT : x }}'''
number = {{'$D3D_TEST_NUMBER:8'}}  # {{$D3D_TEST_ROOT:x}}
"""


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Reads the config with variables set."""
    path = tmp_path / 'config.py'
    path.write_text(TEXT)
    monkeypatch.chdir(tmp_path)

    def read(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(f'D3D_TEST_{name}', value)
        return Config.fromfile(path)

    return read


def test_defaults_are_the_config_s_own(read):
    cfg = read()
    assert (cfg.root, cfg.double, cfg.number) == ('data/ntu60', 'data/ntu60/videos', 8)
    assert cfg.env_variables == {}


@pytest.mark.parametrize('value', [
    'data/mine', "bob's data", 'a"quote', 'x\\new', 'back\\', '{new} 100%', 'x$HOME', 'Übung 動作',
    '{{_base_.root}}', 'two\nlines', "'; open('ran', 'w'); '", '"; open("ran", "w"); "',
    os.fsdecode(b'no utf-8 \xff')
])
def test_a_value_in_a_string_is_text_whatever_it_holds(read, value, tmp_path):
    cfg = read(ROOT=value)
    assert cfg.root == value and cfg.double == f'{value}/videos'
    assert cfg.joined == f'{value}/a{value}'
    assert cfg.env_variables == dict(D3D_TEST_ROOT=value)
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize('value, wanted', [('12', 12), ('[1, 2]', [1, 2]), ("'text'", 'text')])
def test_a_value_elsewhere_is_a_literal(read, value, wanted):
    assert read(NUMBER=value).number == wanted


@pytest.mark.parametrize('value',
                         ["open('ran', 'w')", '__import__("os").getpid()', '1; import os', ''])
def test_a_value_elsewhere_is_no_code(read, value, tmp_path):
    with pytest.raises(InputError, match='D3D_TEST_NUMBER: found .*, want a number or'):
        read(NUMBER=value)
    assert not (tmp_path / 'ran').exists()


def test_a_variable_without_a_default_must_be_set(tmp_path):
    path = tmp_path / 'config.py'
    path.write_text("root = '{{$D3D_TEST_NOTHING:}}'")
    with pytest.raises(KeyError, match='D3D_TEST_NOTHING is not set'):
        Config.fromfile(path)


@pytest.mark.parametrize('before', [None, 'elsewhere'])
def test_a_data_root_counts_for_one_config_and_leaves_the_environment(tmp_path, monkeypatch,
                                                                      before):
    path = tmp_path / 'config.py'
    path.write_text(f"root = '{{{{${DATA_VARIABLE}:data}}}}'\nmodel = dict()")
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    if before:
        monkeypatch.setenv(DATA_VARIABLE, before)
    arguments = dict(config=str(path), cfg_options=None, launcher='none', work_dir=None,
                     local_rank=0)
    assert load_config(Namespace(data_root=str(tmp_path), **arguments)).root == str(tmp_path)
    assert os.environ.get(DATA_VARIABLE) == before
    assert load_config(Namespace(data_root=None, **arguments)).root == (before or 'data')
