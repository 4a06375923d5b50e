"""Classification head on the final cross-modal tokens (end of section 3.2)."""
import torch
from mmaction.models.heads import BaseHead
from mmaction.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class D3DHead(BaseHead):
    """LayerNorm, modal tokens concatenated along channels, mean over frames, dropout, linear.

    Args:
        num_classes (int): Classes.
        in_channels (int): Width of a modal token, 4C.
        num_tokens (int): Modal tokens a frame: 3, or 1 where ``modal_tokens`` of the transformer is
            ``'single'`` or ``'none'``. Defaults to 3.
        dropout (float): Probability of dropout. Defaults to 0.5.
        **kwargs: Arguments of MMAction2's ``BaseHead`` such as ``average_clips``.
    """

    def __init__(self, num_classes: int, in_channels: int, num_tokens: int = 3,
                 dropout: float = 0.5, **kwargs) -> None:
        super().__init__(num_classes, in_channels, **kwargs)
        self.norm = nn.LayerNorm(in_channels)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(num_tokens * in_channels, num_classes)
        nn.init.normal_(self.classifier.weight, std=0.01)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, x: Tensor, **kwargs) -> Tensor:
        """Classify.

        Args:
            x (Tensor): Tokens of ``D3DTransformer``, B x T x num_tokens x 4C.

        Returns:
            Tensor: Logits, B x num_classes, float32 or float64.
        """
        # float32 also under autocast: of bfloat16's 8 bits, classes would get equal scores.
        with torch.autocast(x.device.type, enabled=False):
            features = self.norm(x.to(self.norm.weight.dtype)).flatten(2).mean(dim=1)
            logits = self.classifier(self.dropout(features))
        return logits.to(torch.promote_types(logits.dtype, torch.float32))
