"""Earlier flat keys of ``D3DTransformer``, brought to the dicts that hold them now."""
from functools import cache

from mmengine.logging import print_log

from ...errors import InputError

#: The paper's attentions by the name that they have in a block.
PAPER_BLOCK = dict(deformable='DeformableAttention3D', joint='JointStrideAttention',
                   temporal='TemporalStrideAttention')

#: Where each earlier key is now.
NEW_PLACES = dict(
    num_heads=('layer.num_heads', ), ffn_ratio=('layer.ffn_ratio', ), attn_norm=('layer.norm', ),
    drop_path=('layer.drop_path', ), kernel_size=('block.deformable.kernel_size', ),
    depthwise=('block.deformable.depthwise', ), offset_range=('block.deformable.offset_range', ),
    joint_window=('block.joint.window', ), joint_stride=('block.joint.stride', ),
    temporal_window=('block.temporal.window', ), temporal_stride=('block.temporal.stride', ),
    wrap=('block.joint.wrap', 'block.temporal.wrap'), sigma=('pose_tokens.sigma', ),
    use_score=('pose_tokens.use_score', ), pose_embed=('pose_tokens.embed', ),
    attentions=('block', ))


def nest_flat_keys(config: dict) -> dict:
    """Return a config of ``D3DTransformer`` whose flat keys lie where they are now.

    A flat key counts more than the new one: it overrides a base config that has the new one. A
    sentence in the log names the new keys, once for the same keys.

    Args:
        config: Arguments of the transformer, or those that are dicts and flat keys alone.

    Raises:
        InputError: ``attentions`` names none, or another than the paper's.
    """
    nested = {name: value for name, value in config.items() if name not in NEW_PLACES}
    flat = {name: config[name] for name in NEW_PLACES if name in config}
    if not flat:
        return nested
    _tell(tuple(flat))
    dicts = {name: dict(nested.get(name) or {}) for name in ('layer', 'block', 'pose_tokens')}
    dicts['block'] = {name: value and dict(value) for name, value in dicts['block'].items()}
    attentions = flat.pop('attentions', PAPER_BLOCK)
    if not attentions or set(attentions) - set(PAPER_BLOCK):
        raise InputError('D3DTransformer', 'attentions', attentions,
                         f'a subset of {tuple(PAPER_BLOCK)}')
    for name, value in flat.items():
        for place in NEW_PLACES[name]:
            outer, *attention, key = place.split('.')
            holder = dicts[outer]
            if attention:
                holder = holder.setdefault(attention[0], {})
            if holder is not None:  # an attention that is left out has no settings
                holder[key] = value
    dicts['block'].update({name: None for name in PAPER_BLOCK if name not in attentions})
    return {**nested, **dicts}


@cache
def _tell(names: tuple[str, ...]) -> None:
    print_log(
        'D3DTransformer: ' + ', '.join(f'{name} is now {" and ".join(NEW_PLACES[name])}'
                                       for name in names) + '; the earlier keys go on working.',
        'current', 30)
