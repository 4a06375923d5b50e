"""Pictures that a training shows through mmengine's visualizer."""
import cv2
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from mmengine.registry import VISBACKENDS
from mmengine.runner import Runner
from mmengine.visualization import BaseVisBackend
from running import forget_runs
from test_engine.test_training_health_hook import Clips
from test_models.support import build, small_recognizer

from mmaction_d3d.evaluation.attention_maps import DeformableMaps, JointMaps
from mmaction_d3d.skeletons import SkeletonLayout
from mmaction_d3d.visualization import all_pictures, picture, pictures


@VISBACKENDS.register_module()
class ImageKeeper(BaseVisBackend):
    """Stands in for TensorBoard and W&B, which are not installed: what add_image is given."""

    def __init__(self, save_dir=None):
        super().__init__(save_dir or '')
        self.images = {}

    def _init_env(self):
        pass

    @property
    def experiment(self):
        return self

    def add_image(self, name, image, step=0, **kwargs):
        self.images[name, step] = image


class ThreeJoints(Clips):
    """Two people of three joints."""
    layout = SkeletonLayout('chain', ('a', 'b', 'c'), ((0, 1), (1, 2)))


def train(folder, interval, iterations=1, **changes):
    """Trains a small model; return the runner."""
    forget_runs()
    runner = Runner(
        model=build(small_recognizer(**changes)), work_dir=str(folder),
        train_dataloader=dict(batch_size=2, dataset=ThreeJoints(iterations),
                              sampler=dict(type='DefaultSampler', shuffle=False)),
        train_cfg=dict(by_epoch=True,
                       max_epochs=1), optim_wrapper=dict(optimizer=dict(type='SGD', lr=1e-2)),
        default_hooks=dict(checkpoint=None),
        visualizer=dict(type='ActionVisualizer',
                        vis_backends=[dict(type='LocalVisBackend'),
                                      dict(type='ImageKeeper')]),
        custom_hooks=[dict(type='ExplanationHook', interval=interval)], randomness=dict(seed=0),
        default_scope='mmaction', experiment_name=str(folder))
    runner.train()
    return runner


def kept_images(runner):
    return runner.visualizer.get_backend('ImageKeeper').images


@pytest.fixture(scope='module')
def drawn(tmp_path_factory):
    """A training of three iterations, drawn every other."""
    from mmengine.registry import init_default_scope
    init_default_scope('mmaction')
    folder = tmp_path_factory.mktemp('drawn')
    return folder, train(folder, 2, 3)


def test_pictures_come_at_the_stated_interval(drawn):
    assert set(kept_images(drawn[1])) == {(name, 2) for name in ('attention', 'joints', 'offsets')}


def test_every_backend_gets_the_same_picture(drawn):
    folder, runner = drawn
    for (name, step), image in kept_images(runner).items():
        file, = folder.rglob(f'vis_data/vis_image/{name}_{step}.png')
        np.testing.assert_array_equal(cv2.imread(str(file))[..., ::-1], image)
        assert image.dtype == np.uint8 and image.std() > 20


def test_the_training_is_the_same_without(drawn, tmp_path):
    other = train(tmp_path, 0, 3)
    assert not kept_images(other)
    state = drawn[1].model.state_dict()
    for name, value in other.model.state_dict().items():
        assert torch.equal(value, state[name]), name
    assert drawn[1].model.training == other.model.training


def test_a_model_without_joint_attention_has_the_others(tmp_path):
    runner = train(tmp_path, 1, attentions=('deformable', 'temporal'))
    assert {name for name, _ in kept_images(runner)} == {'attention', 'offsets'}


def test_a_picture_registered_elsewhere_is_drawn_where_the_model_has_what_it_needs(
        tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, '_PICTURES', all_pictures())
    for name, needs in (('mine', (DeformableMaps, )), ('others', (JointMaps, ))):
        picture(name, 'nothing', needs=needs)(lambda explanation: Figure(figsize=(2, 1)))
    runner = train(tmp_path, 1, attentions=('deformable', 'temporal'))
    assert {name for name, _ in kept_images(runner)} == {'attention', 'offsets', 'mine'}
