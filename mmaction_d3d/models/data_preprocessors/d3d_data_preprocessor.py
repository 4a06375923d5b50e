"""Data preprocessor for RGB and skeletons."""

import torch
from mmaction.models.data_preprocessors import MultiModalDataPreprocessor
from mmaction.registry import MODELS


@MODELS.register_module()
class D3DDataPreprocessor(MultiModalDataPreprocessor):
    """MMAction2's multi-modal preprocessor for inputs of which some need no preprocessing.

    ``MultiModalDataPreprocessor`` wants a preprocessor for each modality and writes into the batch
    that it was given. Here a modality without one (``keypoint``, ``heatmap_imgs``) is stacked to
    float32, and the batch stays as it is. ``preprocessors`` maps a modality to the config of its
    preprocessor; usually ``imgs`` alone has one.
    """

    def forward(self, data: dict, training: bool = False) -> dict:
        """Preprocess a batch.

        Args:
            data: ``inputs``, modality to a list of tensors (or a stacked tensor), and
                ``data_samples``.
            training: Whether training augmentation applies. Defaults to False.

        Returns:
            The batch as the model takes it, B x clips x ... for each modality.
        """
        data = self.cast_data(data)
        inputs, data_samples = {}, data['data_samples']
        for modality, batch in data['inputs'].items():
            if modality in self.preprocessors:
                inputs[modality], data_samples = self.preprocessors[modality].preprocess(
                    batch, data_samples, training)
            else:
                stacked = batch if isinstance(batch, torch.Tensor) else torch.stack(list(batch))
                inputs[modality] = stacked.float()
        return dict(data, inputs=inputs, data_samples=data_samples)
