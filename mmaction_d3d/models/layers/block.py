"""One block of the 3D deformable transformer (figure 2a)."""
from collections.abc import Sequence

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from ...errors import InputError
from .attention import AttentionLayer
from .attention_record import AttentionRecord
from .tokens import Tokens


class D3DBlock(nn.Module):
    """Attentions that read RGB or pose tokens, CLS merge, attentions that read both.

    With the paper's attentions: 3D deformable, joint stride, CLS merge, temporal stride. Paper
    symbols: M'_CLS and M*_CLS -> what RGB and pose leave in ``classes``. An attention that is left
    out (table 4) takes its FFN with it and passes its tokens on.

    Args:
        embed_dims: Token width, 4C.
        attentions: Names of the attentions and their configs, an :class:`AttentionLayer` each.
        cross: Whether there are the three modal tokens of ``'cross'`` (table 5) and hence a merge.
    """

    cls_merge: nn.Linear | None

    def __init__(self, embed_dims: int, attentions: dict[str, dict], cross: bool) -> None:
        super().__init__()
        self.cross, self.cls_merge = cross, None
        self.names: dict[bool, list[str]] = {False: [], True: []}  # by whether they read both
        for both in (False, True):
            if both and cross:
                self.cls_merge = _mean_of_two(embed_dims)
            for name, config in attentions.items():
                if (len(attention_class(config).reads) == 2) == both:
                    if hasattr(self, name):
                        raise InputError('D3DTransformer', 'block', name, 'another name')
                    self.add_module(name, MODELS.build(dict(config, embed_dims=embed_dims)))
                    self.names[both].append(name)

    @property
    def attentions(self) -> dict[str, AttentionLayer]:
        """Attentions by name, in the order in which they run."""
        return {name: getattr(self, name) for name in self.names[False] + self.names[True]}

    def forward(self, tokens: Tokens, visible: Tensor | None, modal_only: bool = False,
                record: AttentionRecord | None = None) -> Tokens:
        """Run the block.

        Args:
            tokens: Input tokens.
            visible: Which joints are visible, bool, B x T x R.
            modal_only: Whether only the modal tokens are read afterwards: the last attention that
                reads a token set then computes the modal queries alone, an exact saving.
            record: Receives the attention maps.

        Returns:
            Output tokens; with ``modal_only`` those that were not computed are None.
        """
        if record is not None:
            record.start_block()
        sets = dict(rgb=tokens.rgb, pose=tokens.pose)
        modal = dict(cls=tokens.modal)
        if self.cross:
            modal = dict(zip(('rgb', 'pose', 'cls'), tokens.modal.split(1, dim=2)))
        classes = dict(rgb=modal['cls'])
        attentions = list(self.attentions.values())
        for index, attention in enumerate(attentions):
            if index == len(self.names[False]):
                self._merge(modal, classes)
            following = {name for later in attentions[index + 1:] for name in later.reads}
            takes_part = [name for name in (*attention.reads, 'cls') if name in modal]
            new = attention(
                Tokens(sets['rgb'] if 'rgb' in attention.reads else None,
                       sets['pose'] if 'pose' in attention.reads else None,
                       _joined([modal[name] for name in takes_part])), visible, modal_only
                and not following.intersection(attention.reads), record)
            sets.update({name: getattr(new, name) for name in attention.reads})
            modal.update(zip(takes_part, new.modal.tensor_split(len(takes_part), dim=2)))
            classes[attention.reads[0]] = modal['cls']
        if not self.names[True]:
            self._merge(modal, classes)
        return Tokens(sets['rgb'], sets['pose'], _joined(list(modal.values())))

    def _merge(self, modal: dict[str, Tensor], classes: dict[str, Tensor]) -> None:
        """M_CLS from M'_CLS and M*_CLS; without pose attention the latter is the former."""
        if self.cls_merge is not None:
            both = classes['rgb'], classes.get('pose', modal['cls'])
            modal['cls'] = self.cls_merge(torch.cat(both, dim=-1))


def attention_class(config: dict) -> type[AttentionLayer]:
    """Return the class that a config of an attention names.

    Raises:
        InputError: It names no attention.
    """
    kind = config.get('type')
    cls = MODELS.get(kind) if isinstance(kind, str) else kind
    if not (isinstance(cls, type) and issubclass(cls, AttentionLayer) and cls.reads):
        raise InputError('D3DTransformer', 'block', f'type {kind}',
                         'an AttentionLayer that is registered in MODELS')
    return cls


def _joined(modal: Sequence[Tensor]) -> Tensor:
    return modal[0] if len(modal) == 1 else torch.cat(tuple(modal), dim=2)


def _mean_of_two(embed_dims: int) -> nn.Linear:
    """8C to 4C, the mean of both halves at first."""
    merge = nn.Linear(2 * embed_dims, embed_dims)
    with torch.no_grad():
        half = torch.eye(embed_dims) / 2
        merge.weight.copy_(torch.cat((half, half), dim=1))
        merge.bias.zero_()
    return merge
