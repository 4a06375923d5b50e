"""A fault of this package shows as one; a value that a class refuses is the config's mistake."""
from types import SimpleNamespace

import pytest
from mmaction.registry import MODELS
from mmengine.registry import Registry

from mmaction_d3d.engine import config_mistakes
from mmaction_d3d.errors import InputError

KINDS, CONFIG = Registry('kinds'), SimpleNamespace(filename='mine.py')
_SOURCE = '''
class Kind:
    def __init__(self, size: int, names: list[str] | None = None, part: dict | None = None,
                 unknown=None, **rest: int) -> None:
        if size == 7:
            raise TypeError('no sevens')
        assert size != 8
        {stumble}
'''


def build(module, stumble='None.shape', **values):
    names = dict(__name__=module)
    exec(_SOURCE.format(stumble=stumble), names)
    with config_mistakes(CONFIG):
        KINDS.build(dict(type=names['Kind'], **values))


OURS = 'mmaction_d3d.models.kind'


@pytest.mark.parametrize('stumble, kind', [('None.shape', AttributeError), ('1 + ""', TypeError),
                                           ('[][0]', IndexError), ('{}["x"]', KeyError)])
def test_a_fault_of_ours_passes(stumble, kind):
    with pytest.raises(kind) as caught:
        build(OURS, stumble, size=1, names=['a'], part=dict(type='x'))
    assert not isinstance(caught.value, InputError)


@pytest.mark.parametrize('module, stumble, values', [
    (OURS, 'None.shape', dict(size='1')),
    (OURS, 'None.shape', dict(size=True)),
    (OURS, 'None.shape', dict(size=1, names=[7])),
    (OURS, 'None.shape', dict(size=1, names='abc')),
    (OURS, 'None.shape', dict(size=1, part=dict(a=1))),
    (OURS, 'None.shape', dict(size=1, unknown=1)),
    (OURS, 'None.shape', dict(size=1, other=1)),
    (OURS, 'None.shape', dict(size=7)),
    (OURS, 'None.shape', dict(size=8)),
    (OURS, '1 / 0', dict(size=1)),
    (OURS, 'int("x")', dict(size=1)),
    (OURS, 'None.shape', dict(names=['a'])),
    ('mmaction.models.kind', 'None.shape', dict(size=1)),
])
def test_what_may_be_the_configs_is_its_mistake(module, stumble, values):
    with pytest.raises(InputError, match='mine.py: config: found '):
        build(module, stumble, **values)


def test_a_real_class_of_ours():
    with pytest.raises(InputError, match='mine.py: config: found '), config_mistakes(CONFIG):
        MODELS.build(dict(type='D3DHead', num_classes='abc', in_channels=8))
