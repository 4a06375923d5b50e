"""The page of config keys against the configs: which keys there are, and values of one config."""
import inspect
import re
import shlex
import shutil
from pathlib import Path

from mmaction import registry
from mmengine.config import Config
from mmengine.runner import Runner
from running import page_commands, run_tool

from mmaction_d3d.datasets.synthetic import generate
from mmaction_d3d.engine import arguments

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs' / 'configs.md').read_text()
SHOWN = 'd3d_ntu60_xsub'
REGISTRIES = ('MODELS', 'DATASETS', 'TRANSFORMS', 'OPTIM_WRAPPERS', 'LOOPS', 'HOOKS', 'METRICS')
OURS = {
    name: cls for kind in REGISTRIES for name, cls in getattr(registry, kind).module_dict.items()
    if cls.__module__.startswith('mmaction_d3d')
}
READ = arguments._SETTINGS


def keys_of(value, name):
    """Names and values of all keys below a value; an argument of a class goes by the class."""
    if isinstance(value, dict):
        if 'type' in value:
            yield name, value['type']
            name = value['type']
        for key, part in value.items():
            if key != 'type':
                yield from keys_of(part, f'{name}.{key}')
    elif isinstance(value, (list, tuple)) and value and isinstance(value[0], dict):
        for part in value:
            yield from keys_of(part, name)
    else:
        yield name, value


def is_described_elsewhere(key):
    """Whether the page of the interface has it: an argument of a class of ours."""
    name, _, rest = key.partition('.')
    argument = rest.partition('.')[0]
    return name in OURS and argument in inspect.signature(OURS[name]).parameters


def keys_of_configs():
    """Each key's value by config; variables of fewer than three configs are their own affair."""
    values = {}
    for path in sorted((ROOT / 'configs').glob('*.py')):
        for top, value in Config.fromfile(path).to_dict().items():
            keys = keys_of(value, top) if top in READ else [(top, value)]
            for key, setting in keys:
                key = re.sub('^(val|test)_dataloader', 'train_dataloader', key)
                values.setdefault(key, {}).setdefault(path.stem, setting)
    return {
        key: settings for key, settings in values.items() if not is_described_elsewhere(key) and (
            key.partition('.')[0] in READ or '.' in key or len(settings) > 2)
    }


def shown(value):
    """A value as the page writes it: pipelines and such dicts are not written out."""
    written = isinstance(value, dict) or isinstance(value, list) and isinstance(value[0], dict)
    return '' if written else f'`{value!r}`'


def test_the_page_lists_each_key_with_its_value():
    values = keys_of_configs()
    rows = dict(re.findall(r'^\| `([\w.]+)` \| (.*?) ?\| \S', PAGE, re.M))
    assert set(rows) == set(values)
    assert rows == {
        key: shown(settings[SHOWN]) if SHOWN in settings else ''
        for key, settings in values.items()
    }


def test_commands_and_the_file_change_the_same(tmp_path, monkeypatch):
    """Both trainings begin, and are stopped before the first step."""
    shutil.copytree(ROOT / 'configs', tmp_path / 'configs')
    monkeypatch.chdir(tmp_path)
    generate('data/synthetic', num_train=2, num_val=2, num_test=2, size=64, num_frames=12,
             workers=1)
    text, = re.findall(r'^```python\n(.*?)^```', PAGE, re.M | re.S)
    Path('configs/d3d_mine.py').write_text(text)
    begun = []
    monkeypatch.setattr(Runner, 'train', lambda runner: begun.append(runner.cfg))
    for command in page_commands('configs.md'):
        _, tool, *options = shlex.split(command)
        assert run_tool(tool, *options) == 0
    by_flag, by_file = ([
        cfg.train_dataloader.batch_size, cfg.optim_wrapper.optimizer.lr,
        cfg.model.to_dict()
    ] for cfg in begun)
    assert by_flag == by_file and by_flag[:2] == [16, 1e-3]
