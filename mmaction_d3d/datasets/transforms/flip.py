"""Mirroring a clip and its skeletons."""
import numpy as np
from mmaction.datasets.transforms import Flip
from mmaction.registry import TRANSFORMS

from ...errors import InputError
from ...skeletons import get_layout


@TRANSFORMS.register_module()
class JointFlip(Flip):
    """MMAction2's horizontal flip, with the left and right joints of a layout exchanged.

    Unlike its parent it writes to a copy of the keypoints, and mirrors a joint at x = 0 too
    (there 0 means "no joint", here a joint on the image's left edge).

    Args:
        layout: Key of :data:`mmaction_d3d.skeletons.LAYOUTS`.
        flip_ratio: Probability of a flip. Defaults to 0.5.
        flip_label_map: Label of the mirrored action, where it differs.
    """

    def __init__(self, layout: str, flip_ratio: float = 0.5,
                 flip_label_map: dict[int, int] | None = None) -> None:
        skeleton = get_layout(layout)
        super().__init__(flip_ratio=flip_ratio, flip_label_map=flip_label_map,
                         left_kp=skeleton.left, right_kp=skeleton.right)
        self.layout = layout
        self.order = list(range(len(skeleton)))
        for left, right in zip(skeleton.left, skeleton.right):
            self.order[left], self.order[right] = right, left

    def _flip_kps(self, kps: np.ndarray, kpscores: np.ndarray,
                  img_width: int) -> tuple[np.ndarray, np.ndarray]:
        """Mirror M x T x V x 2 keypoints and exchange joints in them and in M x T x V scores."""
        if kps.shape[2] != len(self.order):
            raise InputError('config', 'JointFlip.layout',
                             f'{self.layout} with {len(self.order)} joints',
                             f'a layout of {kps.shape[2]} joints, as the keypoints have')
        kps = kps[:, :, self.order]
        kps[..., 0] = img_width - kps[..., 0]
        return kps, kpscores[:, :, self.order]
