"""No tool that reads annotations runs what a pickle carries."""
import pickle
from pathlib import Path

import pytest

from mmaction_d3d.datasets.synthetic import generate
from mmaction_d3d.errors import InputError
from research.ablation import worker

ROOT = Path(__file__).parents[2]


def refused(ended, tmp_path):
    return (ended.code == 2 and 'global: found posix.system, want' in ended.last_line
            and not (tmp_path / 'mark').exists())


def test_the_mark_shows_where_a_pickle_is_believed(plant, tmp_path):
    pickle.loads(plant(tmp_path / 'a.pkl').read_bytes())
    assert (tmp_path / 'mark').exists()


def test_train(run_tool, ut_args, ut_data, plant, tmp_path):
    plant(ut_data.ann_file)
    assert refused(run_tool('train.py', *ut_args), tmp_path)


@pytest.mark.parametrize('tool', [['test.py'], ['visualize.py', 'attention']])
def test_tools_with_a_checkpoint(run_tool, ut_args, ut_data, trained, plant, tmp_path, tool):
    plant(ut_data.ann_file)
    assert refused(run_tool(*tool, ut_args[0], trained, *ut_args[1:]), tmp_path)


def test_quickstart(run_tool, plant, tmp_path):
    sizes = dict(num_train=1, num_val=1, num_test=1)
    plant(generate(tmp_path / 'data', **sizes, workers=1))
    ended = run_tool('quickstart.py', '--data-root', tmp_path / 'data', '--num-train', 1,
                     '--num-val', 1, '--num-test', 1)
    assert refused(ended, tmp_path)


def test_ablate(plant, tmp_path, monkeypatch):
    (tmp_path / 'data' / 'videos').mkdir(parents=True)
    plant(tmp_path / 'data' / 'annotations.pkl')
    monkeypatch.setenv('MMACTION_D3D_DATA', str(tmp_path / 'data'))
    job = dict(
        root=str(ROOT), config='ours', base=None, seed=0, tests={'ours': 'settings'},
        work_dir=str(tmp_path / 'work'),
        overrides={'model.backbone.backbone.base_channels': 2, 'model.cls_head.in_channels': 8})
    with pytest.raises(InputError, match=r'global: found posix\.system'):
        worker.run(job)
    assert not (tmp_path / 'mark').exists()


def test_check_dataset(run_tool, ut_data, plant, tmp_path):
    ended = run_tool('data/check_dataset.py', plant(ut_data.ann_file), '--fix',
                     tmp_path / 'new.pkl')
    assert refused(ended, tmp_path) and not (tmp_path / 'new.pkl').exists()


def test_browse_dataset(run_tool, ut_args, ut_data, plant, tmp_path):
    plant(ut_data.ann_file)
    assert refused(run_tool('data/browse_dataset.py', *ut_args[:5]), tmp_path)
