"""Skeletons from the pose network that MediaPipe's wheel holds: no download, no GPU."""
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from ..errors import InputError
from .backends import register_backend

#: Index of each COCO joint among MediaPipe's 33 landmarks (its docs, solutions/pose).
LANDMARKS = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
MARGIN = 0.25  # of a box' sides added around it: the network wants some of the surroundings


class MediaPipeBackend:
    """BlazePose, ``model_complexity=1``: it sees one person an image, so it runs once a box.

    It looks at each frame by itself. Scores are its visibilities.

    Raises:
        InputError: MediaPipe is not installed.
    """

    layout = 'coco17'
    missing: Sequence[str] = ()
    top_down = True

    def __init__(self) -> None:
        if importlib.util.find_spec('mediapipe') is None:
            raise InputError('this Python', 'mediapipe', 'nothing',
                             'pip install --no-deps -r requirements/mediapipe.txt')
        os.environ.setdefault('GLOG_minloglevel', '2')  # its notes on its own insides
        with _quiet():
            from mediapipe.python.solutions.pose import Pose
            self._pose = Pose(static_image_mode=True, model_complexity=1)
            self._pose.process(np.zeros((64, 64, 3), np.uint8))  # it starts with its first image

    def prepare(self, frame: np.ndarray,
                boxes: np.ndarray | None) -> list[tuple[np.ndarray, tuple[int, int]]]:
        """As :meth:`.backends.SkeletonBackend.prepare`: image, and where it begins."""
        height, width = frame.shape[:2]
        crops = []
        for x1, y1, x2, y2 in np.asarray(boxes, np.float64):
            across, down = MARGIN / 2 * (x2 - x1), MARGIN / 2 * (y2 - y1)
            left, top = max(int(x1 - across), 0), max(int(y1 - down), 0)
            right, bottom = min(int(np.ceil(x2 + across)),
                                width), min(int(np.ceil(y2 + down)), height)
            crops.append((np.ascontiguousarray(frame[top:bottom, left:right]), (left, top)))
        return crops

    def predict(self, crops: list[tuple[np.ndarray, tuple[int, int]]]) -> list[np.ndarray]:
        """As :meth:`.backends.SkeletonBackend.predict`; N = 0 where it sees nobody."""
        return [self._look(*crop) for crop in crops]

    def _look(self, image: np.ndarray, corner: tuple[int, int]) -> np.ndarray:
        if not image.size:  # a box outside of the frame
            return np.zeros((0, len(LANDMARKS), 3), np.float32)
        landmarks = self._pose.process(image).pose_landmarks
        if landmarks is None:
            return np.zeros((0, len(LANDMARKS), 3), np.float32)
        marks = [landmarks.landmark[index] for index in LANDMARKS]
        height, width = image.shape[:2]
        return np.array([[(mark.x * width + corner[0], mark.y * height + corner[1],
                           min(max(mark.visibility, 0), 1)) for mark in marks]], np.float32)


@register_backend('mediapipe')
def _of_the_wheel(config: str | None, checkpoint: str | None,
                  device: str | None) -> MediaPipeBackend:
    """Its one network is in MediaPipe's wheel and runs on the CPU: there is nothing to choose."""
    return MediaPipeBackend()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what C++ writes to stderr, whatever its settings, unless something fails."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as kept_back:
        os.dup2(kept_back.fileno(), 2)
        try:
            yield
        except BaseException:
            kept_back.seek(0)
            os.write(stderr, kept_back.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
