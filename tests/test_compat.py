"""What `mmaction_d3d.compat` mends, and that it mends nothing else."""
import os
import pickle
import re
import subprocess
import sys
import types
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmaction.evaluation import mean_class_accuracy
from mmaction.registry import METRICS
from mmengine.config import Config, ConfigDict
from mmengine.dataset import Compose
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.logging import HistoryBuffer
from mmengine.runner import Runner, load_checkpoint
from mmengine.runner import checkpoint as mmengine_checkpoint
from running import ROOT
from sklearn.metrics import balanced_accuracy_score
from toys import Line

from mmaction_d3d import compat
from mmaction_d3d.errors import InputError


@pytest.fixture(scope='module')
def fresh_import(tmp_path_factory):
    """Imports the package in a Python of its own, which then warns by itself."""
    script = ('import mmaction_d3d, sys, warnings;'
              'late = [name for name in sys.modules if name.startswith("mmaction_d3d.inference")];'
              'print("imported", *late, file=sys.stderr);'
              'warnings.warn("from the user")')
    environment = {k: v for k, v in os.environ.items() if k != 'PYTHONWARNINGS'}
    return subprocess.run([sys.executable, '-c', script], capture_output=True, text=True,
                          cwd=tmp_path_factory.mktemp('elsewhere'), env=environment, check=True)


def test_import_prints_nothing(fresh_import):
    assert fresh_import.stdout == ''
    assert fresh_import.stderr.partition('imported\n')[0] == ''


def test_import_leaves_inference_for_when_it_is_asked_for(fresh_import):
    assert 'imported\n' in fresh_import.stderr


def test_import_leaves_warnings_of_others_on(fresh_import):
    assert 'UserWarning: from the user' in fresh_import.stderr


def test_second_apply_mends_nothing_more():
    before = compat.report()
    assert compat.apply() == before


def test_report_names_what_the_locked_packages_break():
    sentences = '\n'.join(compat.report())
    for word in ('mmaction.models.localizers.drn', 'refuses the checkpoints', 'downloads'):
        assert word in sentences


def test_report_is_a_copy():
    compat.report().clear()
    assert compat.report()


def test_complete_mmaction_is_left_alone(tmp_path, monkeypatch):
    localizers = tmp_path / 'models' / 'localizers'
    (localizers / 'drn').mkdir(parents=True)
    (localizers / '__init__.py').write_text('from .drn.drn import DRN\n')
    monkeypatch.setattr(
        compat, 'mmaction',
        types.SimpleNamespace(__file__=str(tmp_path / '__init__.py'), __version__='1.2.1'))
    monkeypatch.delitem(sys.modules, 'mmaction.models.localizers.drn')
    assert compat._mend_missing_localizer() is None
    assert 'mmaction.models.localizers.drn' not in sys.modules


def test_stand_in_for_drn_says_what_is_missing():
    from mmaction.models.localizers import DRN
    with pytest.raises(NotImplementedError, match='mmaction.models.localizers.drn'):
        DRN()


class Score(BaseMetric):
    """Returns numbers of the types that metrics return."""
    default_prefix = 'score'

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        return dict(double=np.float64(0.5), single=np.float32(0.5), whole=3)


class Points(torch.utils.data.Dataset):
    """Four points, with meta data as a config file gives them."""
    metainfo = dict(classes=['a'], layout=ConfigDict(edges=[[0, 1]], name='coco17'))

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return dict(x=torch.full((3, ), float(index)))


def make_runner(work_dir, epochs, **kwargs):
    """Makes a runner that stores all that mmengine's own parts store."""
    loader = dict(dataset=Points(), batch_size=2, collate_fn=dict(type='default_collate'),
                  sampler=dict(type='DefaultSampler', shuffle=False))
    return Runner(
        Line(), work_dir=str(work_dir), train_dataloader=loader, val_dataloader=loader,
        train_cfg=dict(by_epoch=True, max_epochs=epochs), val_cfg=dict(),
        val_evaluator=Evaluator(Score()), optim_wrapper=dict(optimizer=dict(type='AdamW', lr=0.01),
                                                             clip_grad=dict(max_norm=1.)),
        param_scheduler=[
            dict(type='LinearLR', start_factor=0.1, end=1, convert_to_iter_based=True),
            dict(type='CosineAnnealingLR', T_max=4)
        ], default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=1,
                                              save_best='score/single', rule='greater')),
        custom_hooks=[dict(type='EMAHook')
                      ], log_level='ERROR', experiment_name=f'{work_dir.name}_{epochs}', **kwargs)


def test_runner_resumes_what_it_stored_and_resumed_before(tmp_path):
    make_runner(tmp_path, 1).train()
    make_runner(tmp_path, 2, resume=True).train()
    last = make_runner(tmp_path, 3, resume=True)
    last.train()
    assert last.epoch == 3
    losses, _ = last.message_hub.get_scalar('train/loss').data
    assert len(losses) == 6  # two iterations in each of three epochs


def test_best_checkpoint_loads_weights_only(tmp_path):
    make_runner(tmp_path, 1).train()
    best, = tmp_path.glob('best_*.pth')
    stored = torch.load(best, weights_only=True)
    assert stored['meta']['dataset_meta']['layout'] == dict(edges=[[0, 1]], name='coco17')
    assert stored['message_hub']['runtime_info']['best_score'] == np.float32(0.5)


class Refused:
    """Pickles as a call of ``function`` with ``args``."""

    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


@pytest.fixture
def refused_checkpoint(tmp_path):
    """A checkpoint that would make a folder if it were unpickled, and that folder."""
    made = tmp_path / 'made'
    path = tmp_path / 'checkpoint.pth'
    torch.save(dict(state_dict={}, meta=Refused(os.mkdir, str(made))), path)
    return path, made


def test_runner_refuses_a_checkpoint_that_runs_code(tmp_path, refused_checkpoint):
    path, made = refused_checkpoint
    with pytest.raises(pickle.UnpicklingError):
        make_runner(tmp_path, 1, load_from=str(path)).train()
    assert not made.exists()


def test_download_refuses_a_checkpoint_that_runs_code(tmp_path, refused_checkpoint):
    path, made = refused_checkpoint
    with pytest.raises(pickle.UnpicklingError):
        mmengine_checkpoint.load_url(path.as_uri(), model_dir=str(tmp_path / 'cache'),
                                     progress=False)
    assert not made.exists()


def test_downloaded_weights_load(tmp_path):
    path = tmp_path / 'weights.pth'
    torch.save(dict(weight=torch.ones(2)), path)
    loaded = mmengine_checkpoint.load_url(path.as_uri(), model_dir=str(tmp_path / 'cache'),
                                          progress=False)
    assert loaded['weight'].tolist() == [1, 1]


@pytest.mark.parametrize('owner, name', [(HistoryBuffer, '__init__'),
                                         (HistoryBuffer, 'register_statistics'), (dict, 'min')])
def test_checkpoint_cannot_reach_attributes(tmp_path, owner, name):
    path = tmp_path / 'checkpoint.pth'
    torch.save(dict(state_dict={}, meta=Refused(getattr, owner, name)), path)
    with pytest.raises(pickle.UnpicklingError):
        load_checkpoint(Line(), str(path))


class TypeWithState:
    """Pickles as a numpy type that gets ``state`` after it was made."""

    def __init__(self, state):
        self.state = state

    def __reduce__(self):
        return np.dtype, ('f8', False, True), self.state


@pytest.mark.parametrize(
    'state',
    [
        # Numbers that turn out to be pointers, and numbers read backwards.
        (3, '<', None, ('a', ), dict(a=1), 8, 8, 63),
        (3, '>', None, None, None, -1, -1, 0),
    ])
def test_checkpoint_cannot_change_a_type_of_numbers(tmp_path, state):
    path = tmp_path / 'checkpoint.pth'
    torch.save(dict(number_type=TypeWithState(state)), path)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path)


def test_checkpoint_cannot_hold_arrays_of_objects(tmp_path):
    path = tmp_path / 'checkpoint.pth'
    torch.save(dict(array=np.array([None, 1])), path)
    with pytest.raises(pickle.UnpicklingError, match='O8'):
        torch.load(path)


@pytest.mark.parametrize('value', [
    np.arange(3.),
    np.arange(3),
    np.float32([[1, 2]]),
    np.uint8([255]),
    np.array([True]),
    np.float64(2),
    np.int64(3)
])
def test_numpy_values_come_back_equal(tmp_path, value):
    path = tmp_path / 'checkpoint.pth'
    torch.save(dict(value=value), path)
    loaded = torch.load(path)['value']
    assert loaded.dtype == value.dtype
    np.testing.assert_array_equal(loaded, value)


@pytest.mark.parametrize('core', [b'numpy.core', b'numpy._core'])
def test_checkpoints_of_either_numpy_load(tmp_path, core):
    path = tmp_path / 'checkpoint.pth'
    # The format before zip files holds the names as plain text.
    torch.save(dict(log=HistoryBuffer([1., 2.], [1, 1]), best=np.float64(2)), path,
               _use_new_zipfile_serialization=False)
    renamed, count = re.subn(rb'cnumpy\._?core\.', b'c' + core + b'.', Path(path).read_bytes())
    path.write_bytes(renamed)
    assert count == 2
    assert torch.load(path)['log'].mean() == 1.5


def test_mean_class_accuracy_is_over_the_classes_that_clips_have():
    """As balanced accuracy, in MMAction2's metric, whatever else is predicted."""
    rng = np.random.default_rng(0)
    labels, scores = rng.choice([0, 2, 3], 40), rng.normal(size=(40, 9))
    metric = METRICS.build(dict(type='AccMetric', metric_list=('mean_class_accuracy', )))
    accuracy = metric.calculate(list(scores), list(labels))['mean1']
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        assert accuracy == pytest.approx(balanced_accuracy_score(labels, scores.argmax(axis=1)))
    assert metric.calculate(list(np.eye(4)), [0, 0, 1, 1])['mean1'] == 0.25  # absent: 2, 3
    assert mean_class_accuracy(list(np.eye(4)), [0, 1, 2, 3]) == 1


def test_configs_inherit_those_of_this_package_by_name(tmp_path):
    mine = tmp_path / 'mine.py'
    mine.write_text("_base_ = 'mmaction_d3d::d3d_ntu120_xset.py'\nwork_dir = 'here'\n")
    cfg = Config.fromfile(mine)
    folder = Path(__file__).parents[1] / 'configs'
    want = Config.fromfile(folder / 'd3d_ntu120_xset.py')
    assert cfg.model == want.model and cfg.work_dir == 'here'
    mine.write_text("_base_ = 'mmaction_d3d::no_such.py'\n")
    with pytest.raises(FileNotFoundError, match=r'no_such\.py'):
        Config.fromfile(mine)


def test_what_opencv_refuses_in_a_pipeline_is_one_line():
    resize = Compose([lambda data: cv2.resize(np.zeros((2, 2), np.uint8), (-1, -1))])
    with pytest.raises(InputError, match='pipeline: transforms: found OpenCV.*want values that'):
        resize({})


def test_the_page_of_messages_has_what_is_mended():
    """What importing this package mends, by a word of it that the page must have."""
    words = dict(numpy_names='trapz', scores_in_half_precision='BFloat16',
                 mean_class_accuracy='Accuracy per class', missing_localizer='localizers.drn',
                 checkpoint_loading='Weights only', checkpoint_writing='cut or damaged')
    # Nobody sees a message of these: they close ways in, or add what MMEngine lacks.
    silent = {
        'downloaded_checkpoints', 'resumed_state', 'config_variables', 'config_bases',
        'composed_pipelines'
    }
    page = (ROOT / 'docs' / 'troubleshooting.md').read_text()
    source = (ROOT / 'mmaction_d3d' / 'compat.py').read_text()
    assert set(re.findall(r'^def _mend_(\w+)', source, re.M)) == set(words) | silent
    assert [word for word in words.values() if word not in page] == []
