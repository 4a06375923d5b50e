"""What the arguments of training change in the config."""
import runpy

import pytest
from mmengine.config import Config
from running import ROOT

TOOL = runpy.run_path(str(ROOT / 'tools' / 'train.py'))


@pytest.mark.parametrize('flags, changed', [
    ([], {}),
    (['--deterministic'], dict(deterministic=True)),
    (['--diff-rank-seed'], dict(diff_rank_seed=True)),
    (['--seed', '0'], dict(seed=0)),
    (['--seed', '4', '--deterministic'], dict(seed=4, deterministic=True)),
])
@pytest.mark.parametrize(
    'given',
    [None, dict(seed=7),
     dict(seed=7, diff_rank_seed=True),
     dict(seed=7, deterministic=True)])
def test_only_the_randomness_that_is_given_is_replaced(flags, changed, given):
    cfg = Config({} if given is None else dict(randomness=given))
    TOOL['merge_args'](cfg, TOOL['parse_args'](['config.py', *flags]))
    assert cfg.randomness.to_dict() == {'seed': None, **(given or {}), **changed}
