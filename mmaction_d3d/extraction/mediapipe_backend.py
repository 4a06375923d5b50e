"""Skeletons from the pose network that MediaPipe's wheel holds: no download, no GPU."""
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import InputError
from ..skeletons.linking import similarity
from .backends import NOT_HERE, register_backend

#: Index of each COCO joint among MediaPipe's 33 landmarks (its docs, solutions/pose).
LANDMARKS = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
MARGIN = 0.25  # of a box' sides added around it: the network wants some of the surroundings
HIDDEN, GREY = 0.1, 128  # of a person's sides added at each, to be painted over in this grey
SAME = 0.5  # similarity of two people from which they are one

#: An image, and where it begins in the frame; None of a whole frame.
Crop = tuple[np.ndarray, tuple[int, int] | None]

# MediaPipe's own parts in a loop over all that its detector finds; its solution takes the first.
_GRAPH = """
input_stream: "image"
output_stream: "people"
node {
  calculator: "ConstantSidePacketCalculator"
  output_side_packet: "PACKET:complexity"
  node_options: {
    [type.googleapis.com/mediapipe.ConstantSidePacketCalculatorOptions] { packet { int_value: 1 } }
  }
}
node {
  calculator: "ImagePropertiesCalculator"
  input_stream: "IMAGE:image"
  output_stream: "SIZE:size"
}
node {
  calculator: "PoseDetectionCpu"
  input_stream: "IMAGE:image"
  output_stream: "DETECTIONS:detections"
}
node {
  calculator: "BeginLoopDetectionCalculator"
  input_stream: "ITERABLE:detections"
  input_stream: "CLONE:0:image"
  input_stream: "CLONE:1:size"
  output_stream: "ITEM:detection"
  output_stream: "CLONE:0:its_image"
  output_stream: "CLONE:1:its_size"
  output_stream: "BATCH_END:end"
}
node {
  calculator: "PoseDetectionToRoi"
  input_stream: "DETECTION:detection"
  input_stream: "IMAGE_SIZE:its_size"
  output_stream: "ROI:region"
}
node {
  calculator: "PoseLandmarkByRoiCpu"
  input_side_packet: "MODEL_COMPLEXITY:complexity"
  input_stream: "IMAGE:its_image"
  input_stream: "ROI:region"
  output_stream: "LANDMARKS:person"
}
node {
  calculator: "EndLoopNormalizedLandmarkListVectorCalculator"
  input_stream: "ITEM:person"
  input_stream: "BATCH_END:end"
  output_stream: "ITERABLE:people"
}
"""


class MediaPipeBackend:
    """BlazePose, ``model_complexity=1``. It looks at each frame by itself.

    Without boxes its detector finds all people of a frame, each of whom the network of joints looks
    at. Then both look at the rest of the picture, for someone whom the first ones outshone. With
    boxes it sees one person in each. Scores are its visibilities.

    Raises:
        InputError: MediaPipe is not installed.
    """

    layout = 'coco17'
    missing: Sequence[str] = ()
    top_down = finds_people = True

    def __init__(self) -> None:
        if importlib.util.find_spec('mediapipe') is None:
            raise InputError(NOT_HERE, 'mediapipe', 'nothing',
                             'pip install --no-deps -r requirements/mediapipe.txt')
        os.environ.setdefault('GLOG_minloglevel', '2')  # its notes on its own insides
        self._settled: set[str] = set()

    @cached_property
    def _pose(self) -> Any:
        """What sees one person in an image."""
        with _quiet():
            from mediapipe.python.solutions.pose import Pose
            return _started(Pose(static_image_mode=True, model_complexity=1))

    @cached_property
    def _people(self) -> Any:
        """What sees all people in an image."""
        with _quiet():
            # Registers the message of the graph's constant.
            from mediapipe.calculators.core import constant_side_packet_calculator_pb2  # noqa: F401
            from mediapipe.python.solution_base import SolutionBase
            return _started(SolutionBase(graph_config=_GRAPH, outputs=['people']))

    def prepare(self, frame: np.ndarray, boxes: np.ndarray | None) -> list[Crop]:
        """As :meth:`.backends.SkeletonBackend.prepare`: image, and where it begins."""
        if boxes is None:
            return [(np.ascontiguousarray(frame), None)]
        height, width = frame.shape[:2]
        crops: list[Crop] = []
        for box in np.asarray(boxes, np.float64):
            left, top, right, bottom = _widened(box, MARGIN / 2, height, width)
            crops.append((np.ascontiguousarray(frame[top:bottom, left:right]), (left, top)))
        return crops

    def predict(self, crops: list[Crop]) -> list[np.ndarray]:
        """As :meth:`.backends.SkeletonBackend.predict`; N = 0 where it sees nobody."""
        return [
            self._look(image, corner) if corner else self._find(image) for image, corner in crops
        ]

    def _process(self, solution: Any, image: np.ndarray, output: str) -> Any:
        """Return an output of a network, which warns of its insides at the first person."""
        if output in self._settled:
            return getattr(solution.process(image), output)
        with _quiet():
            people = getattr(solution.process(image), output)
        if people:
            self._settled.add(output)
        return people

    def _look(self, image: np.ndarray, corner: tuple[int, int]) -> np.ndarray:
        """Return the one person of a box."""
        landmarks = self._process(self._pose, image, 'pose_landmarks') if image.size else None
        people = _joints([landmarks] if landmarks else [], image.shape)
        people[..., :2] += np.array(corner, np.float32)
        return people

    def _find(self, image: np.ndarray) -> np.ndarray:
        """Return all people of a frame."""
        people = _joints(self._process(self._people, image, 'people') or [], image.shape)
        if not len(people):
            return people
        rest = image.copy()
        for person in people:
            box = np.concatenate([person[:, :2].min(0), person[:, :2].max(0)])
            left, top, right, bottom = _widened(box, HIDDEN, *image.shape[:2])
            rest[top:bottom, left:right] = GREY
        others = _joints(self._process(self._people, rest, 'people') or [], image.shape)
        return _without_doubles(np.concatenate([people, others]))


def _started(solution: Any) -> Any:
    """Return a solution that has seen its first image, with which it starts."""
    solution.process(np.zeros((64, 64, 3), np.uint8))
    return solution


def _widened(box: np.ndarray, share: float, height: int, width: int) -> tuple[int, int, int, int]:
    """Return a box with a share of its sides added at each, within the frame: whole pixels."""
    x1, y1, x2, y2 = box
    across, down = share * (x2 - x1), share * (y2 - y1)
    return (max(int(x1 - across), 0), max(int(y1 - down),
                                          0), min(int(np.ceil(x2 + across)),
                                                  width), min(int(np.ceil(y2 + down)), height))


def _joints(landmarks: Sequence[Any], shape: tuple[int, ...]) -> np.ndarray:
    """Return N x V x 3 of MediaPipe's lists of landmarks in an image."""
    height, width = shape[:2]
    people = [[(mark.x * width, mark.y * height, min(max(mark.visibility, 0), 1))
               for mark in (person.landmark[index] for index in LANDMARKS)] for person in landmarks]
    return np.array(people, np.float32).reshape(-1, len(LANDMARKS), 3)


def _without_doubles(people: np.ndarray) -> np.ndarray:
    """Drop people who are as good as in the place of an earlier one."""
    distinct = people[:1]
    for person in people[1:]:
        if similarity(distinct, person[None]).max() < SAME:
            distinct = np.concatenate([distinct, person[None]])
    return distinct


@register_backend('mediapipe', ready=True)
def _of_the_wheel(config: str | None, checkpoint: str | None,
                  device: str | None) -> MediaPipeBackend:
    """Its networks are in MediaPipe's wheel and run on the CPU: there is nothing to choose."""
    for flag, value in (('--pose-config', config), ('--pose-checkpoint', checkpoint)):
        if value is not None:
            raise InputError('mediapipe', flag, value, 'nothing: its networks are in its wheel')
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
