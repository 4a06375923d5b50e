"""What each variant of the paper's model changes of a base: its ablations by name.

The keys are those of ``--cfg-options``, so one variant alone is trained by naming them to
``tools/train.py``. A base begins its training and test pipelines with the sampling of frames.
"""
from mmaction_d3d.models.backbones.flat_keys import PAPER_BLOCK

_BACKBONE, _CLIP_LEN = 'model.backbone', 'dataset.pipeline.0.clip_len'


def _backbone(place='', **settings):
    """Name settings of the transformer, or of the part of it at ``place``."""
    return {
        '.'.join(filter(None, (_BACKBONE, place, key))): value for key, value in settings.items()
    }


def _temporal(window, stride):
    """Change the windows of the temporal attention."""
    return _backbone('block.temporal', window=window, stride=stride)


def _attentions(*names):
    """Leave out the other attentions of the paper."""
    return _backbone('block', **{name: None for name in PAPER_BLOCK if name not in names})


def _tokens(kind):
    """Change the modal tokens, and the head to one token: without any it reads a mean."""
    return {**_backbone(modal_tokens=kind), 'model.cls_head.num_tokens': 1}


def _clip_len(frames, *loaders):
    return {f'{loader}_dataloader.{_CLIP_LEN}': frames for loader in loaders}


_ATTENTIONS = [('deformable', ), ('joint', ), ('temporal', ), ('deformable', 'joint'),
               ('deformable', 'temporal'), ('joint', 'temporal')]
_WINDOWS = [(size, stride) for size in (2, 4, 6) for stride in range(1, size + 1)]
_FRAMES = (4, 6, 8, 12, 16)

VARIANTS = {
    # The base as it is: the last row of tables 4 and 5.
    'ours': {},
    # Table 4.
    **{f'attn_{"_".join(names)}': _attentions(*names) for names in _ATTENTIONS},
    # Table 5.
    'tokens_none': _tokens('none'),
    'tokens_single': _tokens('single'),
    # Figure 7a.
    **{f'window_{size}_stride_{stride}': _temporal(size, stride) for size, stride in _WINDOWS},
    # Figure 7b.
    **{
        f'frames_{frames}': {
            **_backbone(clip_len=frames), **_clip_len(frames, 'train', 'val', 'test')
        } for frames in _FRAMES
    },
    # Figure A1: for a checkpoint of ours.
    **{f'test_frames_{frames}': _clip_len(frames, 'test') for frames in _FRAMES},
    'search_dense': _backbone('block.deformable', depthwise=False),
    'pose_embed_none': _backbone('pose_tokens', embed='none'),
    'wrap_off': {**_backbone('block.joint', wrap=False), **_backbone('block.temporal', wrap=False)},
    **{f'sigma_{sigma}': _backbone('pose_tokens', sigma=sigma) for sigma in (0.5, 1.0, 2.0)},
    **{f'blocks_{blocks}': _backbone(num_blocks=blocks) for blocks in (1, 2, 3)},
    **{f'heads_{heads}': _backbone('layer', num_heads=heads) for heads in (1, 2, 4)},
}
"""Config values to replace, by name."""
