"""Is the explanation faithful? Delete what is attended most and see whether the score falls.

A map that shows why the model is right names what it cannot do without: deleting the most attended
input must cost the true class more than deleting as much at random, and the least attended less.
"""
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from mmaction.models.recognizers import BaseRecognizer
from mmengine.dataset import BaseDataset, pseudo_collate
from torch import Tensor

from .. import files
from ..errors import InputError
from ..progress import track
from .attention_maps import (
    CELL,
    AttentionMaps,
    DeformableMaps,
    JointMaps,
    Selection,
    attention_maps,
)
from .deletion import delete_cells, delete_joints, deleted_keys
from .intervals import mean_interval
from .samples import label_of

#: What can be deleted: pixels of cells, searched points as keys of the selected block, joints.
KINDS = ('cells', 'keys', 'joints')
#: By what is deleted first; ``person`` (cells alone) takes those that are nearest to a joint, to
#: know what a map that follows the person would give.
ORDERS = ('most', 'least', 'random', 'person')
_DRAWS = 2  # of the random order


class DeletionRow(NamedTuple):
    """One point of a curve: what, in which order, how much, over how many clips, with which score.

    Attributes:
        delete: One of :data:`KINDS`.
        order: One of :data:`ORDERS`.
        share: Share that is deleted.
        clips: Clips.
        score: Mean probability of the true class.
        low, high: 95 % interval of that mean over clips (normal).
        top1: Top-1 accuracy, over the draws of the random order too.
        change, change_low, change_high: ``score`` less that of the random order on the same
            clips, with its 95 % interval.
    """
    delete: str
    order: str
    share: float
    clips: int
    score: float
    low: float
    high: float
    top1: float
    change: float
    change_low: float
    change_high: float

    def line(self) -> str:
        """Return the row for a log."""
        return (f'{self.delete:6} {self.order:6} {self.share:4.0%} deleted: true class '
                f'{self.score:.3f} ({self.low:.3f} to {self.high:.3f}), against random '
                f'{self.change:+.3f} ({self.change_low:+.3f} to {self.change_high:+.3f}), '
                f'top-1 {self.top1:.3f}')


@torch.no_grad()
def deletion_test(model: BaseRecognizer, dataset: BaseDataset, clips: Iterable[int],
                  kinds: Sequence[str] = KINDS, shares: Sequence[float] = (0.1, 0.2, 0.4),
                  selection: Selection = Selection(), seed: int = 0) -> list[DeletionRow]:
    """Delete growing shares of clips in several orders.

    Args:
        model: A trained recogniser.
        dataset: Packs ``imgs`` and ``keypoint``; the first view counts.
        clips: Clips of the data set.
        kinds: What to delete, some of :data:`KINDS`.
        shares: Shares to delete, each in (0, 1].
        selection: The attention that orders; its maps are those of the whole clip.
        seed: Of the random order.

    Returns:
        Rows by kind, order and share; share 0 is the whole clip.

    Raises:
        InputError: The model lacks the attention that a kind needs.
    """
    model.eval()
    generator = np.random.default_rng(seed)
    scores: dict[tuple, list] = {}
    for index in track(list(clips), 'clips'):
        _one_clip(model, dataset[index], kinds, shares, selection, generator, scores)
    return _summary(scores)


def _one_clip(model: BaseRecognizer, packed: dict, kinds: Sequence[str], shares: Sequence[float],
              selection: Selection, generator: np.random.Generator, scores: dict[tuple,
                                                                                 list]) -> None:
    """Add (probability of the true class, right or not) of each deletion to ``scores``."""
    batch = model.data_preprocessor(pseudo_collate([packed]), False)['inputs']
    imgs, keypoint = batch['imgs'][0, 0], batch['keypoint'][0, 0]
    label = label_of(packed['data_samples'])
    maps = attention_maps(model, imgs, keypoint, selection)
    features = model.backbone.backbone(imgs[None])
    whole = _predict(model, imgs[None], keypoint[None], features)
    for kind in kinds:
        for name, draws in _orders(kind, maps, keypoint, generator).items():
            scores.setdefault((kind, name, 0.), []).append(_seen(whole, label))
            for share in shares:
                gone = [order[:round(share * len(order))] for order in draws]
                without = _predict_without(model, kind, imgs, keypoint, features, gone, maps,
                                           selection)
                scores.setdefault((kind, name, share), []).append(_seen(without, label))


def _weight(kind: str, maps: AttentionMaps) -> Tensor:
    """Attention that orders what is deleted."""
    record = maps.get(JointMaps if kind == 'joints' else DeformableMaps)
    if record is None:
        raise InputError('model', 'attentions', f'none that orders {kind}',
                         'other things to --delete')
    return getattr(record, dict(cells='cells', keys='mass', joints='received')[kind])


def _orders(kind: str, maps: AttentionMaps, keypoint: Tensor,
            generator: np.random.Generator) -> dict[str, list[np.ndarray]]:
    """List of flat indices, what goes first in front, by the name of the order."""
    weight = _weight(kind, maps)
    candidates = np.arange(weight.numel())
    if kind == 'joints':  # those that are there
        step = -(-len(keypoint) // len(weight))
        candidates = np.flatnonzero((keypoint[::step, :, 2] > 0).cpu().numpy().ravel())
    ranked = candidates[np.argsort(-weight.numpy().ravel()[candidates], kind='stable')]
    orders = dict(most=[ranked], least=[ranked[::-1]],
                  random=[generator.permutation(candidates) for _ in range(_DRAWS)])
    if kind == 'cells':
        distance = _distance_to_joints(keypoint.cpu().numpy(), weight.shape)
        orders['person'] = [np.argsort(distance.ravel(), kind='stable')]
    return orders


def _distance_to_joints(keypoint: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Pixels from the centre of each cell to the nearest visible joint of its frame, T x h x w."""
    step = -(-len(keypoint) // size[0])
    row, column = np.meshgrid(*(CELL * np.arange(n) + 0.5 for n in size[1:]), indexing='ij')
    distance = np.full(size, np.inf)
    for t, joints in enumerate(keypoint[::step]):
        for x, y, score in joints:
            if score > 0:
                distance[t] = np.minimum(distance[t], np.hypot(column - x, row - y))
    return distance


def _predict_without(model: BaseRecognizer, kind: str, imgs: Tensor, keypoint: Tensor,
                     features: Sequence[Tensor] | None, deletions: list[np.ndarray],
                     maps: AttentionMaps, selection: Selection) -> Tensor:
    """Probabilities, deletions x classes."""
    count = len(deletions)
    all_imgs, all_keypoint = imgs.expand(count, *imgs.shape), keypoint.expand(count, -1, -1, -1)
    if kind == 'cells':
        frames = len(maps.of(DeformableMaps).cells)
        all_imgs = torch.stack([delete_cells(imgs, gone, frames) for gone in deletions])
        features = None
    elif kind == 'joints':
        frames = len(maps.of(JointMaps).received)
        all_keypoint = torch.stack([delete_joints(keypoint, gone, frames) for gone in deletions])
    else:
        with deleted_keys(model.backbone.recording(DeformableMaps, selection.block), deletions):
            return _predict(model, all_imgs, all_keypoint, features)
    return _predict(model, all_imgs, all_keypoint, features)


def _predict(model: BaseRecognizer, imgs: Tensor, keypoint: Tensor,
             features: Sequence[Tensor] | None = None) -> Tensor:
    """Probabilities of clips, B x classes; ``features`` are the extractor's maps of one of them."""
    if features is not None:
        features = [maps.expand(len(imgs), -1, -1, -1, -1) for maps in features]
    tokens = model.backbone(imgs, keypoint, features=features)
    return model.cls_head(tokens).float().softmax(dim=-1).cpu()


def _seen(probabilities: Tensor, label: int) -> tuple:
    """Mean score of the true class, and how often it was the best."""
    return (float(probabilities[:, label].mean()),
            float((probabilities.argmax(dim=1) == label).float().mean()))


def _summary(scores: dict[tuple, list]) -> list[DeletionRow]:
    """Means over clips with their intervals."""
    rows = []
    for (kind, order, share), values in scores.items():
        score, right = np.array(values).T
        change = score - np.array(scores[kind, 'random', share])[:, 0]
        rows.append(
            DeletionRow(kind, order, share, len(values), float(score.mean()),
                        *mean_interval(score, normal=True), float(right.mean()),
                        float(change.mean()), *mean_interval(change, normal=True)))
    return rows


def write_csv(path: str | Path, rows: list[DeletionRow]) -> None:
    """Write the rows as CSV, whole or not at all."""
    files.write_csv(path, DeletionRow._fields,
                    ([f'{value:.4f}' if isinstance(value, float) else value for value in row]
                     for row in rows))
