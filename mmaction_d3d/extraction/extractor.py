"""From one video to the skeletons of all of its frames."""
import importlib.util
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..errors import InputError
from ..media import Frames, Media, as_media
from ..prefetch import prefetch
from ..skeletons import clean, get_layout, link_people
from .backends import SkeletonBackend, make_backend
from .boxes import People, WholeFrame
from .detector import DEFAULT_DETECTOR, DetectedPeople

_BATCHES_AHEAD = 4


class SkeletonExtractor:
    """Finds the skeletons of videos; networks are loaded once.

    Frames are decoded and cropped in a thread ahead of the network, which gets the people of many
    frames in one batch. Memory does not depend on the length of a video, but for the skeletons.

    Args:
        backend: Key of :data:`.backends.BACKENDS`, or a backend itself.
        pose_config: See :class:`.mmpose_backend.MMPoseBackend` and
            :class:`.onnx_backend.ONNXBackend`; MediaPipe takes none.
        pose_checkpoint: Likewise.
        people: Where people are: :class:`.boxes.WholeFrame`, :class:`.boxes.GivenBoxes` or
            :class:`.detector.DetectedPeople`. Defaults to MMDetection's RTMDet-m where that
            package is installed, else the whole frame. Networks that find people themselves do so
            where none is given; those that take no boxes always do.
        max_persons: M. Defaults to 2.
        batch_size: Crops that go through the network together. Defaults to 16.
        device: Such as ``cuda:0``. Defaults to the first GPU, else the CPU.

    Attributes:
        layout (str): Joint layout of the skeletons.

    Raises:
        InputError: An argument, the network or its weights cannot be used.
    """

    def __init__(self, backend: str | SkeletonBackend = 'mmpose', pose_config: str | None = None,
                 pose_checkpoint: str | None = None, people: People | None = None,
                 max_persons: int = 2, batch_size: int = 16, device: str | None = None) -> None:
        for name, value in (('max_persons', max_persons), ('batch_size', batch_size)):
            if value < 1:
                raise InputError('extraction', name, value, '1 or more')
        if isinstance(backend, str):
            backend = make_backend(backend, pose_config, pose_checkpoint, device)
        if not backend.top_down:
            people = None
        elif people is None and not getattr(backend, 'finds_people', False):
            people = _default_people(device)
        self.backend, self.people = backend, people
        self.max_persons, self.batch_size = max_persons, batch_size
        self.layout = backend.layout

    def __call__(self, source: str | Media,
                 progress: Callable[[int], None] | None = None) -> dict[str, Any]:
        """Find the skeletons of a video.

        Args:
            source: A video or a folder of frames.
            progress: Told how many more frames are finished: all of their people are found, not
                only decoded.

        Returns:
            An annotation without ``label``: ``frame_dir``, ``filename`` (of a video),
            ``total_frames``, ``img_shape``, ``original_shape``, ``keypoint`` M' x T x V x 2 in
            pixels, ``keypoint_score`` M' x T x V, float32, with 1 <= M' <= M; who is not there has
            score 0. ``notes``, a list of text, says what was left out.

        Raises:
            InputError: The video cannot be decoded, or has no boxes.
        """
        media = as_media(source)
        frames, detections, finished = Frames(media), _Detections(len(get_layout(self.layout))), 0
        for batch in prefetch(self._batches(media, frames), _BATCHES_AHEAD):
            outputs = self.backend.predict([crop for _, _, crop in batch]) if batch else ()
            for (index, place, _), people in zip(batch, outputs):
                detections.add(index, place, clean(people))
            if progress is not None and batch:  # of the last frame, more crops may follow
                progress(batch[-1][0] - finished)
                finished = batch[-1][0]
        if progress is not None:
            progress(frames.count - finished)
        notes = list(media.notes)
        if frames.problem:
            notes.append(f'the video ends early, used as far as it decodes: {frames.problem}')
        people = self._arrange(detections.read(), frames.count, notes)
        return dict(media.names, total_frames=frames.count, img_shape=frames.img_shape,
                    original_shape=frames.img_shape, keypoint=people[..., :2].copy(),
                    keypoint_score=people[..., 2].copy(), notes=notes)

    def people_in(self, frame: np.ndarray) -> np.ndarray:
        """Find the people of one frame, by itself.

        Args:
            frame: H x W x 3 uint8 RGB.

        Returns:
            N x V x 3: x, y in pixels, score.
        """
        boxes = None
        if self.people:
            boxes = self.people.open(Media('frame', 'frame'))(0, frame)
            boxes = boxes[_usable(boxes)]
        crops = self.backend.prepare(frame, boxes)
        people = [clean(person) for person in self.backend.predict(crops)] if crops else []
        return np.concatenate([np.zeros((0, len(get_layout(self.layout)), 3), np.float32), *people])

    def _batches(self, media: Media, frames: Frames) -> Iterator[list[tuple[int, int, Any]]]:
        """Crop by ``batch_size``, each (frame, place among the boxes, crop)."""
        find = self.people.open(media) if self.people else None
        batch = []
        for index, frame in enumerate(frames.images()):
            places, boxes = np.zeros(1, int), None
            if find is not None:
                boxes = find(index, frame)
                places = np.flatnonzero(_usable(boxes))
                boxes = boxes[places]
            batch += [(index, int(place), crop)
                      for place, crop in zip(places, self.backend.prepare(frame, boxes))]
            while len(batch) >= self.batch_size:
                yield batch[:self.batch_size]
                batch = batch[self.batch_size:]
        yield batch

    def _arrange(self, detections: np.ndarray, num_frames: int, notes: list[str]) -> np.ndarray:
        """People as M' x T x V x 3: each in the place of its box, or linked over time."""
        num_joints = detections['joints'].shape[1]
        if self.people and self.people.linked:
            places, rows = np.unique(detections['place'], return_inverse=True)
            people = np.zeros((max(len(places), 1), num_frames, num_joints, 3), np.float32)
            people[rows, detections['frame']] = detections['joints']
            order = np.argsort(-people[..., 2].sum((1, 2)), kind='stable')[:self.max_persons]
            dropped, people = max(len(people) - self.max_persons, 0), people[np.sort(order)]
        else:
            indices, starts = np.unique(detections['frame'], return_index=True)
            by_frame = dict(zip(indices.tolist(), np.split(detections['joints'], starts[1:])))
            people, dropped = link_people(by_frame, num_frames, num_joints, self.max_persons)
        if dropped:
            notes.append(f'{dropped} more people than {self.max_persons}: left out')
        if not people[..., 2].any():
            notes.append('nobody in any frame')
        return people


class _Detections:
    """People by frame and place in a temporary file: memory stays the same over hours of video."""

    def __init__(self, num_joints: int) -> None:
        self._row = np.dtype([('frame', 'i4'), ('place', 'i4'), ('joints', 'f4', (num_joints, 3))])
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - read() ends it

    def add(self, frame: int, place: int, people: np.ndarray) -> None:
        """Add N x V x 3, of one crop; frames do not go back."""
        rows = np.empty(len(people), self._row)
        rows['frame'], rows['place'], rows['joints'] = frame, place, people
        self._file.write(rows.tobytes())

    def read(self) -> np.ndarray:
        """All of them as one structured array, in the order of frames; ends the file."""
        with self._file as file:
            file.seek(0)
            return np.frombuffer(file.read(), self._row)


def _default_people(device: str | None) -> People:
    if importlib.util.find_spec('mmdet') is None:
        return WholeFrame()
    return DetectedPeople(DEFAULT_DETECTOR, None, device)


def _usable(boxes: np.ndarray) -> np.ndarray:
    """Which boxes have numbers and an area."""
    with np.errstate(invalid='ignore'):
        return np.isfinite(boxes).all(-1) & (boxes[:, 2:] > boxes[:, :2]).all(-1)
