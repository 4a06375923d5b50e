"""Parts of the models that D3D is compared with, beside those of MMAction2."""
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmaction.models.heads import I3DHead
from mmaction.registry import METRICS, MODELS, TRANSFORMS
from mmcv.transforms import BaseTransform
from mmengine.evaluator import BaseMetric
from torch import Tensor, nn


@MODELS.register_module()
class PoseMLP(nn.Module):
    """One hidden layer on a clip's joints, centred and scaled by the spread of those present.

    Args:
        num_tokens: Frames times people times joints.
        hidden: Units.
    """

    def __init__(self, num_tokens: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3 * num_tokens, hidden), nn.ReLU())

    def init_weights(self) -> None:
        """Keep torch's initialisation."""

    def forward(self, keypoint: Tensor) -> tuple[Tensor]:
        """B x T x R x 3 (x and y in pixels, score) to one map, B x hidden x 1 x 1 x 1."""
        present = (keypoint[..., 2:] > 0).to(keypoint)
        count = present.sum((1, 2), keepdim=True).clamp(min=1)
        around = keypoint[..., :2] - (keypoint[..., :2] * present).sum((1, 2), keepdim=True) / count
        around = around * present
        spread = (around.square().sum((1, 2, 3), keepdim=True) / (2 * count)).sqrt()
        features = torch.cat((around / spread.clamp(min=1e-6), present), -1)
        return self.layers(features.flatten(1))[..., None, None, None],


@MODELS.register_module()
class PooledHead(I3DHead):
    """MMAction2's pooled head for backbones that return a tuple: it reads the last map."""

    def forward(self, x: Sequence[Tensor], **kwargs: Any) -> Tensor:
        return super().forward(x[-1], **kwargs)


@TRANSFORMS.register_module()
class HeatmapsAlone(BaseTransform):
    """Let heatmaps take the place of the frames, as MMAction2's pose models want them."""

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        results['imgs'] = results.pop('heatmap_imgs')
        return results


@TRANSFORMS.register_module()
class EveryNthImage(BaseTransform):
    """Leave a model of two speeds fewer frames than poses, the first of every so many.

    Args:
        every: How many.
    """
    carries_joints = True  # of the frames that are left, joints of the others lie between them

    def __init__(self, every: int) -> None:
        self.every = every

    @staticmethod
    def frames_after(config: dict, frames: int) -> dict[str, int]:
        """Say how many frames of each kind are left."""
        return dict(RGB=-(-frames // config['every']), Pose=frames)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        results['imgs'] = results['imgs'][::self.every]
        results['clip_len'] = dict(RGB=len(results['imgs']) // results['num_clips'],
                                   Pose=results['clip_len'])
        return results


def probabilities(score: Tensor | dict[str, Tensor]) -> Tensor:
    """Return the classes' probabilities; those of pathways are averaged."""
    if isinstance(score, dict):
        return torch.stack(list(score.values())).mean(0)
    return score


@METRICS.register_module()
class AccuracyThenLikelihood(BaseMetric):
    """What a checkpoint is chosen by: top-1, and where it is equal, how likely the classes are.

    A dozen clips have many ties. Metrics: ``top1``, and ``score``, that plus a hundredth of the
    geometric mean of the true classes' probabilities, which no accuracy of fewer than 100 clips is
    outweighed by.
    """

    default_prefix = 'chosen'

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        for sample in data_samples:
            scores = probabilities(sample['pred_score'])
            label = int(sample['gt_label'])
            self.results.append((int(scores.argmax()) == label, float(scores[label])))

    def compute_metrics(self, results: list[tuple[bool, float]]) -> dict[str, float]:
        right, likely = np.array(results, float).T
        top1 = float(right.mean())
        geometric = float(np.exp(np.log(likely.clip(1e-12)).mean()))
        return dict(top1=top1, score=top1 + geometric / 100)
