"""A clear error where MMAction2's crops would go wrong."""
from collections.abc import Iterable
from typing import Any

from mmaction.datasets.transforms import CenterCrop, RandomCrop
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from ...errors import InputError
from .person_crop import PersonCrop
from .source import source


@TRANSFORMS.register_module()
class CropSizeCheck(BaseTransform):
    """Stop at frames smaller than the crop that follows.

    MMAction2's RandomCrop ends there in an assertion without a text, its CenterCrop goes on with
    empty or narrower images.

    Required key: ``img_shape``.

    Args:
        size: Width and height of the crop.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        height, width = results['img_shape']
        crop_width, crop_height = self.size
        if width < crop_width or height < crop_height:
            raise InputError(source(results), 'frame size before the crop', f'{height}x{width}',
                             f'at least {crop_height}x{crop_width}, the size of the crop')
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(size={self.size})'


def check_before_crops(transforms: Iterable[BaseTransform]) -> list[BaseTransform]:
    """Return ``transforms`` with a :class:`CropSizeCheck` before each of MMAction2's crops."""
    guarded = []
    for transform in transforms:
        if type(transform) in (RandomCrop, PersonCrop):
            guarded.append(CropSizeCheck((transform.size, transform.size)))
        elif type(transform) is CenterCrop:
            guarded.append(CropSizeCheck(transform.crop_size))
        guarded.append(transform)
    return guarded
