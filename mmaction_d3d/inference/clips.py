"""From a source and its skeleton to the model's input, through the config's own test pipeline."""
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from mmaction.datasets.transforms import FormatShape
from mmaction.registry import MODELS, TRANSFORMS
from mmengine.dataset import Compose

from ..datasets.transforms import AlignedDecode, MirroredViews
from ..datasets.transforms.geometry import guarded
from ..errors import InputError
from ..gpus import find_gpu_mistake
from ..media import ImageFiles, Media
from .records import Subject
from .stored_config import OTHERWISE, shorten
from .windows import Window


def pipeline_fields(source: Media) -> dict[str, Any]:
    """Return what a pipeline needs to read a source.

    Args:
        source: A video, frame folder, or frames in memory.
    """
    if source.array is not None:
        return dict(array=source.array, start_index=0)
    if source.images is None:
        return dict(filename=source.path, start_index=0)
    if source.numbering is None:
        return dict(array=ImageFiles(source.images), start_index=0)
    tmpl, start = source.numbering
    return dict(img_dir=source.path, frame_tmpl=tmpl, start_index=start)


@dataclass(frozen=True, eq=False, kw_only=True)
class Clip(Subject):
    """A source, or a window of it, as the model takes it.

    Attributes:
        start, stop: First frame, and the one after the last.
        packed: ``inputs`` and ``data_samples`` of the test pipeline.
    """
    start: int
    stop: int
    packed: dict[str, Any]

    @property
    def sizes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the inputs: clips of the same go through the model together."""
        return {key: tuple(tensor.shape) for key, tensor in self.packed['inputs'].items()}


class SampledFrames(Sequence[np.ndarray]):
    """The frames of a video up to the last one that was sampled; only those sampled are there.

    Args:
        images: H x W x 3 uint8 RGB by number.
    """

    def __init__(self, images: Mapping[int, np.ndarray]) -> None:
        self._images = images

    def __len__(self) -> int:
        return max(self._images) + 1

    def __getitem__(self, index: Any) -> Any:
        return self._images[index]


@contextmanager
def mistakes_of(checkpoint: str | None, key: str, want: str) -> Iterator[None]:
    """Turn whatever goes wrong with a stranger's settings into an InputError.

    Args:
        checkpoint: Where the settings come from; None: a config of the user's, whose errors stay.
        key: What they are of.
        want: What there should be.
    """
    try:
        yield
    except InputError as error:
        if checkpoint is None or not any(error.file in kind.module_dict
                                         for kind in (MODELS, TRANSFORMS)):
            raise
        raise InputError(checkpoint, f'meta.cfg: {error.file}: {error.field}', error.found,
                         f'{error.want}, {OTHERWISE}') from error
    except Exception as error:  # of any kind: no class expects what a stranger may give it
        if checkpoint is None or find_gpu_mistake(error) is not None:
            raise
        raise InputError(checkpoint, f'meta.cfg: {key}',
                         shorten(f'{type(error).__name__}: {error}'),
                         f'{want}, {OTHERWISE}') from error


class TestPipeline:
    """The config's test pipeline, whole or around its decoding step.

    Args:
        transforms: The pipeline of the test split.
        num_person: People that the model takes.
        num_joints: Joints of each.
        stranger: The checkpoint, where the pipeline comes from there: then whatever a step stumbles
            over is the checkpoint's mistake.
    """

    def __init__(self, transforms: Sequence[Mapping[str, Any]], num_person: int, num_joints: int,
                 stranger: str | None = None) -> None:
        self.num_person = num_person
        self._stranger = stranger
        self._transforms = guarded(Compose(transforms).transforms, num_joints)

    def __call__(self, subject: Subject) -> Clip:
        """Pack a whole source as one clip."""
        results = self._fields(subject)
        if 'array' in results:
            self.decode  # noqa: B018 - refuses a pipeline that knows files alone
        if subject.images is not None:
            results['array'] = SampledFrames(subject.images)
        packed = self._run(self._transforms, results)
        return self._clip(subject, 0, subject.info.frames, packed)

    def decoded(self, subject: Subject) -> Subject:
        """Decode a source once for all of its people, who are sampled at the same frames."""
        if not any(isinstance(step, AlignedDecode) for step in self._transforms):
            return subject
        results = self._run(self._transforms[:self.decode + 1], self._fields(subject))
        images = dict(zip(results['frame_inds'].tolist(), results['imgs']))
        return replace(subject, images=images,
                       alone=tuple(replace(person, images=images) for person in subject.alone))

    def _fields(self, subject: Subject) -> dict[str, Any]:
        """Return what the first step gets of a whole source."""
        return self._of_model({**subject.skeleton.fields(), **pipeline_fields(subject.source)})

    @property
    def decode(self) -> int:
        """Where the decoding step stands.

        Raises:
            InputError: There is none, but one that reads a file as a whole.
        """
        for index, step in enumerate(self._transforms):
            if isinstance(step, AlignedDecode):
                return index
        raise InputError('config', 'test pipeline', 'no AlignedDecode',
                         'AlignedDecode, for frames in memory, windows of a long video, attention')

    def sample(self, total_frames: int) -> dict[str, Any]:
        """Return where a clip of that length is sampled: ``frame_inds`` and its company."""
        return self._run(self._transforms[:self.decode],
                         dict(total_frames=total_frames, start_index=0, modality='RGB'))

    def of_window(self, subject: Subject, window: Window, sampled: Mapping[str, Any]) -> Clip:
        """Pack a window's frames, as :class:`AlignedDecode` would have decoded them.

        Args:
            subject: Whose window it is.
            window: With an image for each of ``sampled``'s frames, none of them in use elsewhere.
            sampled: What :meth:`sample` gave.
        """
        height, width = window.images[0].shape[:2]
        inds = sampled['frame_inds']
        results = self._of_model(subject.skeleton.fields(window.start, window.stop))
        old_height, old_width = results['img_shape']
        scale = np.array([width / old_width, height / old_height], np.float32)
        results.update(sampled, frame_inds=inds.copy(), imgs=window.images,
                       img_shape=(height, width), original_shape=(height, width),
                       keypoint=results['keypoint'][:, inds] * scale,
                       keypoint_score=results['keypoint_score'][:, inds])
        packed = self._run(self._transforms[self.decode + 1:], results)
        return self._clip(subject, window.start, window.stop, packed)

    def placement(self, height: int, width: int) -> tuple[tuple, tuple, tuple[int, int]]:
        """Where the model's input lies in a frame of that size.

        Found by sending two joints through the steps between decoding and formatting.

        Returns:
            ((scale, shift) along x, (scale, shift) along y, (height, width) of the input),
            where a pixel x of the frame is ``scale * x + shift`` of the input.
        """
        corners = np.array([[[[0, 0], [width, height]]]], np.float32)
        results = dict(imgs=[np.zeros(
            (height, width, 3), np.uint8)], keypoint=corners, keypoint_score=np.ones(
                (1, 1, 2), np.float32), img_shape=(height, width), original_shape=(height, width),
                       frame_inds=np.zeros(1, np.int64), clip_len=1, num_clips=1, num_person=1,
                       modality='RGB')
        end = next(
            (index for index, step in enumerate(self._transforms) if isinstance(step, FormatShape)),
            None)
        steps = [
            step for step in self._transforms[self.decode + 1:end]
            if not isinstance(step, MirroredViews)
        ]  # which adds to what lies there
        moved = self._run(steps, results)
        (x0, y0), (x1, y1) = moved['keypoint'][0, 0]
        return (((x1 - x0) / width, x0), ((y1 - y0) / height, y0), moved['img_shape'])

    def _clip(self, subject: Subject, start: int, stop: int, packed: dict[str, Any]) -> Clip:
        if not isinstance(packed.get('inputs'), dict):
            raise InputError(self._stranger or 'config', 'test pipeline', 'no inputs of a model',
                             'a last step that packs them, such as PackRGBPose')
        return subject.grow(Clip, start=start, stop=stop, packed=packed, images=None)

    def _of_model(self, results: dict[str, Any]) -> dict[str, Any]:
        return {**results, 'num_person': self.num_person, 'modality': 'RGB'}

    def _run(self, steps: Sequence[Any], results: dict[str, Any]) -> dict[str, Any]:
        for step in steps:
            with mistakes_of(self._stranger, type(step).__name__, 'a step that takes this video'):
                results = step(results)
        return results
