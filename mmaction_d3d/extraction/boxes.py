"""Where the people of a frame are: the whole frame, or boxes that somebody gives."""
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from ..datasets import safe_pickle
from ..datasets.annotations import describe, ids_of, is_image_shape, read_annotations
from ..datasets.converters.skeleton_files import read_json
from ..errors import InputError, content_of, shown
from ..media import Media

#: Boxes N x 4 (x1, y1, x2, y2 in pixels) of a frame, by its index and its image.
Find = Callable[[int, np.ndarray], np.ndarray]
#: Boxes by frame, and the height and width that they refer to.
Boxes = tuple[Sequence[np.ndarray] | np.ndarray, tuple[int, int] | None]


class People(Protocol):
    """Where people are.

    Attributes:
        linked: Whether the n-th box of a frame is the same person in every frame.
    """
    linked: bool

    def open(self, media: Media) -> Find:
        """Prepare for a clip; return what finds the boxes of one frame."""


class WholeFrame:
    """One person a frame, somewhere in all of it, and not always the same one."""

    linked = False

    def open(self, media: Media) -> Find:
        """Prepare for a clip; return ``find(index, frame)``, boxes N x 4 of one frame."""
        return lambda index, frame: np.array([[0, 0, frame.shape[1], frame.shape[0]]], np.float32)


class GivenBoxes:
    """Boxes out of a file, by the clips' names.

    Args:
        path: A pickle of annotations with ``bbox``, M x T x 4 (x1, y1, x2, y2 in pixels of
            ``img_shape``; NaN where there is none), such as ``prepare_pennaction.py`` writes:
            person m of the boxes is person m of the skeletons. Or a JSON file ``{"CLIP": [[[x1, y1,
            x2, y2], ...], ...], ...}``, for each clip a list for each frame of its boxes in any
            order.

    Raises:
        InputError: The file cannot be read as either.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.linked = not path.lower().endswith('.json')
        self._boxes = self._read_pickle() if self.linked else self._read_json()

    def _read_pickle(self) -> dict[str, Boxes]:
        """M x T x 4 and ``img_shape`` by each name of a clip."""
        annotations, _ = read_annotations(safe_pickle.load(self.path), self.path)
        named: dict[str, Boxes] = {}
        for index, annotation in enumerate(annotations):
            boxes = annotation.get('bbox')
            if boxes is None:
                continue
            if (not isinstance(boxes, np.ndarray) or boxes.dtype.kind not in 'fiu'
                    or boxes.ndim != 3 or boxes.shape[2] != 4):
                raise InputError(self.path, f'annotations[{index}].bbox', describe(boxes),
                                 'numbers, M x T x 4')
            shape = annotation.get('img_shape')
            if shape is not None and not is_image_shape(shape):
                raise InputError(self.path, f'annotations[{index}].img_shape', shown(shape),
                                 '(height, width) in pixels')
            for name in filter(None, ids_of(annotation)):
                named[name] = boxes, shape
        if not named:
            raise InputError(self.path, 'annotations', 'none with bbox', 'boxes, M x T x 4')
        return named

    def _read_json(self) -> dict[str, Boxes]:
        with content_of(self.path, 'content',
                        '{"CLIP": [[[x1, y1, x2, y2], ...] for each frame], ...}'):
            return {
                name: ([np.array(boxes, np.float32).reshape(-1, 4) for boxes in frames], None)
                for name, frames in read_json(self.path).items()
            }

    def open(self, media: Media) -> Find:
        """As :meth:`WholeFrame.open`; boxes of a pickle are M x 4 with NaN where there is none.

        Raises:
            InputError: The file has no boxes of this clip, or, in use, none of a frame.
        """
        clip = next((name for name in ids_of(media.names) if name in self._boxes), None)
        if clip is None:
            raise InputError(self.path, 'boxes', f'none of {media.name}', 'boxes of each clip')
        boxes, shape = self._boxes[clip]
        frames = boxes.swapaxes(0, 1) if isinstance(boxes, np.ndarray) else boxes

        def find(index: int, frame: np.ndarray) -> np.ndarray:
            if index >= len(frames):
                raise InputError(
                    self.path, f'boxes of {clip}', f'{len(frames)} frames',
                    f'those of each frame of {Path(media.path).name}, '
                    'which has more')
            of_frame = np.asarray(frames[index], np.float32)
            if shape is None:
                return of_frame
            return of_frame * np.tile(np.divide(frame.shape[1::-1], shape[::-1]), 2).astype(
                np.float32)

        return find
