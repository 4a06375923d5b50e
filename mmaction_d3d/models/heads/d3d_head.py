"""Classification head on the final cross-modal tokens (end of section 3.2)."""
from typing import Any, cast

import torch
from mmaction.models.heads import BaseHead
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from torch import Tensor, nn

from ...errors import InputError
from ..layers import PathwayFeatures
from ..layers.embeddings import resize_time


@MODELS.register_module()
class D3DHead(BaseHead):
    """LayerNorm, modal tokens concatenated along channels, mean over frames, dropout, linear.

    With ``clip_len`` the frames are concatenated instead, so that the classifier can tell what
    comes first from what comes last.

    With ``pathways``, training adds a loss of a small classifier on each modality's own tokens,
    before any attention has seen them: a path learns soonest where a classifier sits right on it.

    Args:
        num_classes: Classes.
        in_channels: Width of a modal token, 4C.
        num_tokens: Modal tokens a frame: 3, or 1 where ``modal_tokens`` of the transformer is
            ``'single'`` or ``'none'``. Defaults to 3.
        dropout: Probability of dropout. Defaults to 0.5.
        pathways: Weights of these losses, ``rgb`` (on Z, mean over frames and cells), ``pose`` (on
            P, mean over frames) or both. The transformer needs ``pathways=True``. Defaults to None,
            the paper's one loss.
        num_joint_tokens: R, people times joints; needed by ``pose``. Defaults to None.
        average_clips: How scores of several clips of a video become one: ``'prob'``, the mean of
            the probabilities (softmax; with ``multi_class`` sigmoid, each class by itself), or
            ``'score'``, that of the logits. Defaults to None, which is ``'prob'``.
        clip_len: Frames that the classifier keeps apart, those of training; others are
            interpolated. Defaults to None, the paper's mean over frames.
        **kwargs: Arguments of MMAction2's ``BaseHead`` such as ``multi_class``.
    """

    def __init__(self, num_classes: int, in_channels: int, num_tokens: int = 3,
                 dropout: float = 0.5, pathways: dict[str, float] | None = None,
                 num_joint_tokens: int | None = None, average_clips: str | None = None,
                 clip_len: int | None = None, **kwargs: Any) -> None:
        super().__init__(num_classes, in_channels, average_clips=average_clips or 'prob', **kwargs)
        if average_clips not in (None, 'prob', 'score'):
            raise InputError('D3DHead', 'average_clips', average_clips, 'prob or score')
        if clip_len is not None and clip_len < 1:
            raise InputError('D3DHead', 'clip_len', clip_len, '1 or more')
        self.clip_len = clip_len
        self.pathways = dict(pathways or {})
        widths = dict(rgb=in_channels, pose=in_channels * (num_joint_tokens or 0))
        if set(self.pathways) - set(widths) or not all(
                isinstance(weight, (int, float)) for weight in self.pathways.values()):
            raise InputError('D3DHead', 'pathways', pathways, 'weights of rgb and pose')
        if 'pose' in self.pathways and not num_joint_tokens:
            raise InputError('D3DHead', 'num_joint_tokens', num_joint_tokens,
                             'people times joints, as pathways has pose')
        paths = {
            name: nn.Sequential(nn.LayerNorm(widths[name]), nn.Linear(widths[name], num_classes))
            for name in self.pathways
        }
        self.path_classifiers = nn.ModuleDict(paths)
        self.norm = nn.LayerNorm(in_channels)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear((clip_len or 1) * num_tokens * in_channels, num_classes)
        for linear in (self.classifier, *(cast(nn.Linear, path[1]) for path in paths.values())):
            nn.init.normal_(linear.weight, std=0.01)
            nn.init.zeros_(linear.bias)

    def loss(self, feats: Tensor | PathwayFeatures, data_samples: list[ActionDataSample],
             **kwargs: Any) -> dict[str, Tensor]:
        """Compute the loss of the classification and those of the pathways.

        Args:
            feats: What ``D3DTransformer`` returns in training.
            data_samples: Labels.
            **kwargs: Passed to ``BaseHead.loss``.

        Returns:
            ``loss_cls`` and what ``BaseHead`` adds; ``loss_rgb`` and ``loss_pose`` where asked for.
        """
        losses = super().loss(feats, data_samples, **kwargs)
        for name, weight in self.pathways.items():
            tokens = getattr(feats, name, None)
            if tokens is None:
                raise InputError('D3DHead', f'pathways.{name}', 'features without these tokens',
                                 'pathways=True of a D3DTransformer that has them')
            path = self.path_classifiers[name]
            with torch.autocast(tokens.device.type, enabled=False):
                logits = path(tokens.to(next(path.parameters()).dtype).flatten(1))
            losses[f'loss_{name}'] = weight * self.loss_by_feat(logits, data_samples)['loss_cls']
        return losses

    def average_clip(self, cls_scores: Tensor, num_segs: int = 1) -> Tensor:
        """Make one score a class of those of a video's clips, (B * num_segs) x num_classes."""
        if self.multi_class and self.average_clips == 'prob':
            return cls_scores.unflatten(0, (-1, num_segs)).sigmoid().mean(dim=1)
        return super().average_clip(cls_scores, num_segs)

    def forward(self, x: Tensor | PathwayFeatures, **kwargs: Any) -> Tensor:
        """Classify.

        Args:
            x: Tokens of ``D3DTransformer``, B x T x num_tokens x 4C, alone or with its pathways.
            **kwargs: What ``BaseHead`` may pass; not read.

        Returns:
            Logits, B x num_classes, float32 or float64.
        """
        if isinstance(x, PathwayFeatures):
            x = x.modal
        # float32 also under autocast: of bfloat16's 8 bits, classes would get equal scores.
        with torch.autocast(x.device.type, enabled=False):
            features = self.norm(x.to(self.norm.weight.dtype)).flatten(2)
            if self.clip_len is None:
                features = features.mean(dim=1)
            else:
                features = resize_time(features.transpose(0, 1), self.clip_len)
                features = features.transpose(0, 1).flatten(1)
            logits = self.classifier(self.dropout(features))
        return logits.to(torch.promote_types(logits.dtype, torch.float32))
