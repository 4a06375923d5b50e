"""What the family is compared with, beside MMAction2's own parts."""
import torch
from mmaction.models.heads import RGBPoseHead
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from torch import Tensor


@MODELS.register_module()
class AveragedRGBPoseHead(RGBPoseHead):
    """RGBPose-Conv3D's head with one answer: the mean of its two pathways' probabilities."""

    def loss_by_feat(self, cls_scores: dict[str, Tensor],
                     data_samples: list[ActionDataSample]) -> dict[str, Tensor]:
        """Add up the pathways' losses; MMAction2's fails on as many clips as there are classes."""
        labels = torch.cat([sample.gt_label for sample in data_samples])
        losses = {}
        for name, weight in zip(self.loss_components, self.loss_weights):
            for key, value in self.loss_by_scores(cls_scores[name], labels).items():
                losses[f'{name}_{key}'] = value * weight if key == 'loss_cls' else value
        return losses

    def predict_by_feat(self, cls_scores: dict[str, Tensor],
                        data_samples: list[ActionDataSample]) -> list[ActionDataSample]:
        """Give each sample its scores and label."""
        both = [self.predict_by_scores(scores, data_samples) for scores in cls_scores.values()]
        for sample, scores in zip(data_samples, sum(both) / len(both)):
            sample.set_pred_score(scores).set_pred_label(scores.argmax(dim=0, keepdim=True))
        return data_samples
