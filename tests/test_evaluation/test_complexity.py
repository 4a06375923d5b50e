"""Counted multiply-adds against formulas, for every config and switch."""
from itertools import combinations
from pathlib import Path

import pytest
import torch
import yaml
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.utils import get_installed_path

from mmaction_d3d.evaluation.clip_shapes import clip_shapes
from mmaction_d3d.evaluation.complexity import count_complexity, count_config, run_model
from research.ablation import read_config
from research.ablation.settings import flat_settings
from research.ablation.variants import VARIANTS

from .hand_count import d3d, rgbpose_conv3d

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted(
    str(path.relative_to(ROOT)) for path in (ROOT / 'configs').rglob('d3d_*.py')
    if '_base_' not in path.parts)
MMACTION = Path(get_installed_path('mmaction')) / '.mim' / 'configs' / 'skeleton' / 'posec3d'
RGBPOSE = MMACTION / 'rgbpose_conv3d' / 'rgbpose_conv3d.py'
ATTENTIONS = ('deformable', 'joint', 'temporal')
SUBSETS = [subset for size in (1, 2, 3) for subset in combinations(ATTENTIONS, size)]
NARROW = dict(type='D3DTransformer', backbone=dict(type='R2Plus1D', base_channels=4), num_joints=5,
              num_person=2, clip_len=5, img_size=(64, 72), num_blocks=2, num_heads=2, kernel_size=3,
              joint_window=4, temporal_window=2)
SWITCHES = dict(
    dense=dict(depthwise=False), bare=dict(pose_embed='none'),
    overlapping=dict(joint_stride=1, temporal_window=3, temporal_stride=1),
    unwrapped=dict(wrap=False), one_window=dict(joint_window=99, temporal_window=99),
    one_block=dict(num_blocks=1), ffn=dict(ffn_ratio=2.5), anisotropic=dict(kernel_size=(7, 3, 5)),
    strided=dict(backbone=dict(type='R2Plus1D', base_channels=4, temporal_strides=(1, 2, 1))))
SHAPES = dict(imgs=(3, 5, 60, 70), keypoint=(5, 10, 3))


def recogniser(**keys):
    tokens = 3 if keys.get('modal_tokens', 'cross') == 'cross' else 1
    return dict(type='D3DRecognizer', backbone=dict(NARROW, **keys),
                cls_head=dict(type='D3DHead', num_classes=7, in_channels=16, num_tokens=tokens),
                data_preprocessor=dict(type='D3DDataPreprocessor', preprocessors=dict()))


def noise(shapes):
    return {key: torch.rand(1, 1, *shape) for key, shape in shapes.items()}


def count(model, shapes=SHAPES):
    """Multiply-adds by part of a real clip: for small models faster than shapes alone."""
    return macs(count_complexity(MODELS.build(model), noise(shapes)))


def macs(parts):
    return {name: part.macs for name, part in parts.items() if part.macs and name != 'total'}


def expected(shapes, classes, backbone, head_frames=1):
    backbone = {key: value for key, value in flat_settings(backbone).items() if key != 'type'}
    backbone.update(backbone.pop('pose_tokens', {}))  # what had no flat name
    if 'heatmap_imgs' in shapes:  # MMAction2's: people merged
        backbone.update(heatmaps=True, joints=shapes['heatmap_imgs'][0])
    return d3d(*shapes['imgs'][1:], classes, head_frames=head_frames, **backbone)


@pytest.mark.parametrize('config', CONFIGS)
def test_parts_of_our_configs_agree_with_formulas(config):
    cfg = Config.fromfile(ROOT / config)
    shapes = clip_shapes(cfg)
    head = cfg.model.cls_head
    want = expected(shapes, head.num_classes, cfg.model.backbone, head.get('clip_len', 1))
    assert macs(count_config(cfg.model, shapes)) == want


@pytest.mark.parametrize('name', VARIANTS)
def test_parts_of_the_ablations_agree_with_formulas(name):
    cfg = read_config(str(ROOT), name)
    shapes = clip_shapes(cfg, 'test')
    want = expected(shapes, cfg.model.cls_head.num_classes, cfg.model.backbone)
    assert count(cfg.model, shapes) == want


@pytest.mark.parametrize('modal_tokens', ['cross', 'single', 'none'])
@pytest.mark.parametrize('attentions', SUBSETS, ids='+'.join)
def test_parts_of_tables_4_and_5_agree_with_formulas(attentions, modal_tokens):
    keys = dict(attentions=attentions, modal_tokens=modal_tokens)
    want = expected(SHAPES, 7, dict(NARROW, **keys))
    assert count(recogniser(**keys)) == want


@pytest.mark.parametrize('name', SWITCHES)
def test_parts_of_the_other_switches_agree_with_formulas(name):
    want = expected(SHAPES, 7, dict(NARROW, **SWITCHES[name]))
    assert count(recogniser(**SWITCHES[name])) == want


def test_pose_tokens_from_heatmaps_agree_with_a_formula():
    shapes = dict(imgs=SHAPES['imgs'], heatmap_imgs=(5, 10, 30, 35))
    want = d3d(5, 60, 70, 7, **NARROW, heatmaps=True)
    assert count(recogniser(), shapes) == want


def test_the_papers_feature_extractor_costs_what_its_layers_say():
    cfg = Config.fromfile(ROOT / 'configs/d3d_ntu60_xsub.py')
    parts = count_config(cfg.model, clip_shapes(cfg))
    assert parts['backbone'].parameters == 7_804_601
    assert parts['backbone'].macs / 1e9 == pytest.approx(179.3, abs=0.05)


def test_rgbpose_conv3d_agrees_with_a_formula():
    cfg = Config.fromfile(RGBPOSE)
    shapes = clip_shapes(cfg)
    assert shapes == dict(imgs=(3, 8, 224, 224), heatmap_imgs=(17, 32, 56, 56))
    assert macs(count_config(cfg.model, shapes)) == rgbpose_conv3d(8, 224, 32, 56, 17, 60)


def test_posec3d_agrees_with_the_figure_that_mmaction2_publishes():
    name = 'slowonly_r50_8xb16-u48-240e_gym-keypoint'
    models = yaml.safe_load((MMACTION / 'metafile.yml').read_text())['Models']
    published = next(m['Metadata']['FLOPs'] for m in models if m['Name'] == name)
    cfg = Config.fromfile(MMACTION / f'{name}.py')
    parts = count_config(cfg.model, clip_shapes(cfg, 'val'))
    # Their tool counts norms and pooling, too.
    assert parts['total'].macs / 1e9 == pytest.approx(float(published.rstrip('G')), rel=0.01)


def test_parts_add_up():
    model = MODELS.build(recogniser())
    parts = count_config(recogniser(), SHAPES)
    total = parts.pop('total')
    assert total.parameters == sum(p.numel() for p in model.parameters())
    assert total == (sum(p.parameters for p in parts.values()), sum(p.macs for p in parts.values()))
    assert all(part.parameters >= 0 and part.macs >= 0 for part in parts.values())


@pytest.mark.parametrize('trainable', [True, False])
def test_shapes_alone_count_as_a_real_clip_does(trainable):
    model = MODELS.build(recogniser()).requires_grad_(trainable)
    assert count_complexity(model, noise(SHAPES)) == count_config(recogniser(), SHAPES)


def test_counting_leaves_no_tensor_without_values_behind():
    count_config(recogniser(), SHAPES)
    assert run_model(MODELS.build(recogniser()), noise(SHAPES)).isfinite().all()


def test_the_backbone_has_the_parameters_of_torchvisions_up_to_layer3():
    from torchvision.models.video import r2plus1d_18
    theirs = r2plus1d_18()
    layers = [theirs.stem, theirs.layer1, theirs.layer2, theirs.layer3]
    ours = MODELS.build(dict(type='R2Plus1D'))
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for part in layers
                                                            for p in part.parameters())
