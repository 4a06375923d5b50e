"""Shapes of a model's inputs, read from the pipeline of its config."""

from collections.abc import Sequence

from mmaction.registry import TRANSFORMS
from mmengine.config import Config, ConfigDict

from ..errors import InputError
from ..unwrapping import unwrap_dataset

Size = tuple[int, int] | None


def clip_shapes(cfg: Config, split: str = 'train') -> dict[str, tuple[int, ...]]:
    """Find the shape of one clip of each modality that a config's pipeline packs.

    A transform of one's own that changes the number of frames says so by a static method
    ``frames_after``: from its config and the number before to ``dict(RGB=..., Pose=...)``.

    Args:
        cfg: Config of MMAction2 or of this project with a 3D recogniser.
        split: Whose pipeline: ``'train'``, ``'val'`` or ``'test'``. Defaults to ``'train'``.

    Returns:
        ``imgs`` 3 x T x H x W; ``keypoint`` T x R x 3; ``heatmap_imgs`` T x R x H/2 x W/2 of
        equation (2), or V x T x H x W of MMAction2. Pose alone is ``imgs``, as MMAction2 has it.

    Raises:
        InputError: The pipeline leaves a shape open, for instance to the size of the video.
    """
    pipeline = _pipeline(cfg, split)
    frames, size, heatmap = None, None, None
    packed: Sequence[str] = ()
    layout = None
    for transform in pipeline:
        name = transform['type']
        frames = transform.get('clip_len', frames)
        if hasattr(TRANSFORMS.get(name), 'frames_after'):
            frames = TRANSFORMS.get(name).frames_after(transform, frames)
        size = _resized(transform, size)
        if name == 'FormatShape':
            layout = transform['input_format']
        elif name in ('GeneratePoseTarget', 'GenerateJointHeatmap'):
            heatmap = transform
        elif name == 'PackActionInputs':
            packed = transform.get('collect_keys') or ('imgs', )
        elif name == 'PackRGBPose':
            packed = transform.get('collect_keys', ('imgs', 'keypoint'))
    if layout not in ('NCTHW', 'NCTHW_Heatmap'):
        raise _open(cfg, split, f'FormatShape to {layout}', 'NCTHW or NCTHW_Heatmap')
    if frames is None:
        raise _open(cfg, split, 'no clip_len', 'a transform that samples frames')
    if size is None:
        raise _open(cfg, split, 'frames of no fixed size', 'a crop or resize to one')
    shapes: dict[str, tuple[int, ...]] = {}
    for key in packed:
        if key == 'keypoint':
            shapes[key] = (_of(frames, 'Pose'), _joints(cfg), 3)
        elif key == 'heatmap_imgs' or layout == 'NCTHW_Heatmap':
            shapes[key] = _heatmap_shape(cfg, split, heatmap, _of(frames, 'Pose'), size)
        elif key == 'imgs':
            shapes[key] = (3, _of(frames, 'RGB'), *size)
        else:
            raise _open(cfg, split, key, 'imgs, keypoint or heatmap_imgs')
    return shapes


def _pipeline(cfg: Config, split: str) -> list[ConfigDict]:
    dataset = unwrap_dataset((cfg.get(f'{split}_dataloader') or {}).get('dataset', {}))
    if not dataset.get('pipeline'):
        raise _open(cfg, split, 'no pipeline', 'a data set with a pipeline')
    return dataset['pipeline']


def _resized(transform: ConfigDict, size: Size) -> Size:
    """Height and width of frames after a transform, None where they depend on the video."""
    name = transform['type']
    if name == 'Resize':
        width, height = transform['scale']
        return None if transform.get('keep_ratio', True) else (height, width)
    if name in ('RandomCrop', 'PersonCrop', 'CenterCrop', 'ThreeCrop', 'TenCrop', 'MultiScaleCrop'):
        keys = ('size', 'crop_size', 'input_size')
        crop = next(transform[key] for key in keys if key in transform)
        return (crop, crop) if isinstance(crop, int) else (crop[1], crop[0])
    if name == 'RandomResizedCrop':
        return None
    if name == 'SquarePad' and size is not None:
        return (max(size), ) * 2
    return size


def _heatmap_shape(cfg: Config, split: str, heatmap: ConfigDict | None, frames: int,
                   size: tuple[int, int]) -> tuple[int, ...]:
    if heatmap is None:
        raise _open(cfg, split, 'no heatmaps', 'GeneratePoseTarget or GenerateJointHeatmap')
    if heatmap['type'] == 'GenerateJointHeatmap':
        return (frames, _joints(cfg), *(-(-side // 2) for side in size))
    scale = heatmap.get('scaling', 1.)
    backbone = cfg.model.backbone
    channels = backbone.get('num_joints') or backbone.get('pose_pathway', backbone)['in_channels']
    return (channels, frames, *(int(side * scale + 0.5) for side in size))


def _joints(cfg: Config) -> int:
    """R = M * V."""
    return cfg.model.backbone['num_person'] * cfg.model.backbone['num_joints']


def _of(frames: int | dict[str, int], modality: str) -> int:
    """Frames of a modality; MMAction2 may sample each apart."""
    return frames if isinstance(frames, int) else frames[modality]


def _open(cfg: Config, split: str, found: str, want: str) -> InputError:
    return InputError(cfg.filename, f'{split}_dataloader.dataset.pipeline', found,
                      f'{want} (or the shapes on the command line, --shape)')
