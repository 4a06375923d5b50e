"""Recogniser for aligned RGB and skeletons."""

from typing import Any

from mmaction.models.recognizers import MMRecognizer3D
from mmaction.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class D3DRecognizer(MMRecognizer3D):
    """MMAction2's multi-modal recogniser that leaves the caller's inputs as they are.

    ``MMRecognizer3D`` writes the reshaped tensors into the dict it was given, so that a second call
    on the same batch fails.
    """

    def extract_feat(self, inputs: dict[str, Tensor], *args: Any, **kwargs: Any) -> tuple:
        """Extract features.

        Args:
            inputs: ``imgs``, B x clips x 3 x T x H x W, and ``keypoint`` or ``heatmap_imgs`` with
                the same first two axes.
            *args: Passed to ``MMRecognizer3D``.
            **kwargs: Passed to ``MMRecognizer3D``.

        Returns:
            Features and a dict of arguments for the head.
        """
        return super().extract_feat(dict(inputs), *args, **kwargs)
