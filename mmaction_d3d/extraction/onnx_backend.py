"""Skeletons from RTMPose and RTMO as ONNX files, without mmpose and mmcv's operators."""
import importlib.util
from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torchvision.ops import nms

from ..errors import InputError
from ..files import is_file
from ..skeletons import LAYOUTS
from .backends import NOT_HERE, register_backend

#: ImageNet's, of RGB: what RTMPose was trained with.
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
STD = np.array([58.395, 57.12, 57.375], np.float32)
PADDING = 1.25  # of a box' sides: what RTMPose sees around a person
SPLITS = 2  # RTMPose's places a pixel
BORDER = 114  # grey beside the picture: RTMO's
MIN_SCORE, MAX_OVERLAP = 0.3, 0.65  # of a person's box: those of RTMO's configs


class Crop(NamedTuple):
    """A network's input, 3 x H x W float32, and ``point * scale + corner`` that leads back."""
    image: np.ndarray
    scale: np.ndarray
    corner: np.ndarray


@register_backend('onnx')
class ONNXBackend:
    """RTMPose (a person's box) or RTMO (whole frames), as their outputs tell.

    Networks with two outputs N x V x X and N x V x Y, the scores of places, are RTMPose's; those
    with N x P x 5 (boxes and scores) and N x P x V x 3 are RTMO's. Preprocessing is that of mmpose.

    Args:
        config: Name of the network's joints, such as ``coco17``, ``halpe26`` or ``wholebody133``:
            an ONNX file does not say.
        checkpoint: The file, ``.onnx``. Nothing is downloaded.
        device: ``cpu``, or ``cuda:N`` with onnxruntime for GPUs. Defaults to a GPU where
            onnxruntime can use one.

    Raises:
        InputError: onnxruntime is not installed, or the file or the arguments do not fit.
    """

    missing: Sequence[str] = ()

    def __init__(self, config: str | None = None, checkpoint: str | None = None,
                 device: str | None = None) -> None:
        if importlib.util.find_spec('onnxruntime') is None:
            raise InputError(NOT_HERE, 'onnxruntime', 'nothing',
                             'pip install --no-deps -r requirements/onnxruntime.txt')
        if config not in LAYOUTS:
            raise InputError('onnx', '--pose-config', config or 'nothing',
                             f'the joints of the network: {", ".join(LAYOUTS)}')
        if checkpoint is None or not is_file(checkpoint):
            raise InputError('onnx', '--pose-checkpoint', checkpoint or 'nothing',
                             'a file .onnx of RTMPose or RTMO')
        self.layout = config
        self._session = _open(checkpoint, device)
        given = self._session.get_inputs()
        shape: list[Any] = given[0].shape if len(given[0].shape) == 4 else [0] * 4
        batch, channels, self._size = shape[0], shape[1], shape[2:]
        if len(given) > 1 or channels != 3 or not all(isinstance(side, int) for side in self._size):
            raise InputError(checkpoint, 'network',
                             f'inputs of {", ".join(str(each.shape) for each in given)}',
                             'one, N x 3 x height x width, of one fixed size')
        self._name, self._single = given[0].name, batch == 1
        self._type = np.float16 if given[0].type == 'tensor(float16)' else np.float32
        # What a file says of its outputs' sizes may be names: one run tells.
        try:
            outputs = self._run(np.zeros((1, 3, *self._size), np.float32))
        except Exception as error:  # onnxruntime's own kinds of error have no common base
            raise InputError(checkpoint, 'network', f'{type(error).__name__} ({error})',
                             'one that runs for any number of images, or for one') from error
        ranks = [output.ndim for output in outputs]
        if ranks not in ([3, 3], [3, 4]):
            raise InputError(checkpoint, 'network', f'outputs of {ranks} axes',
                             "RTMPose's or RTMO's: two, of 3 and 3 or 3 and 4 axes")
        self.top_down = ranks == [3, 3]
        joints = outputs[1].shape[1 if self.top_down else 2]
        if joints != len(LAYOUTS[config]):
            raise InputError(checkpoint, 'joints', joints, f'{len(LAYOUTS[config])}, of {config}')
        want = [(1, joints, SPLITS * side) for side in self._size[::-1]]
        if self.top_down and [output.shape for output in outputs] != want:
            raise InputError(checkpoint, 'outputs',
                             ' and '.join(str(output.shape) for output in outputs),
                             f'{want[0]} and {want[1]}, as RTMPose has')

    def prepare(self, frame: np.ndarray, boxes: np.ndarray | None) -> list[Crop]:
        """As :meth:`.backends.SkeletonBackend.prepare`."""
        if self.top_down:
            return [self._cut(frame, box) for box in np.asarray(boxes, np.float32)]
        height, width = self._size
        scale = min(height / frame.shape[0], width / frame.shape[1])
        sides = max(int(frame.shape[1] * scale), 1), max(int(frame.shape[0] * scale), 1)
        image = np.full((height, width, 3), BORDER, np.uint8)
        image[:sides[1], :sides[0]] = cv2.resize(frame, sides, interpolation=cv2.INTER_LINEAR)
        # RTMO wants BGR in 0 to 255.
        return [
            Crop(_planes(image[..., ::-1]), np.array([1 / scale] * 2, np.float32),
                 np.zeros(2, 'f4'))
        ]

    def _cut(self, frame: np.ndarray, box: np.ndarray) -> Crop:
        """Cut a box and some of its surroundings, at the network's ratio of sides."""
        height, width = self._size
        center, sides = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) * PADDING
        scale = max(sides[0] / width, sides[1] / height)  # pixels of the frame a network's pixel
        corner = center - scale * np.array([width, height], np.float32) / 2
        matrix = np.array([[1 / scale, 0, -corner[0] / scale], [0, 1 / scale, -corner[1] / scale]],
                          np.float32)
        image = cv2.warpAffine(frame, matrix, (width, height), flags=cv2.INTER_LINEAR)
        return Crop(_planes((image - MEAN) / STD), np.array([scale] * 2, np.float32), corner)

    def predict(self, crops: list[Crop]) -> list[np.ndarray]:
        """As :meth:`.backends.SkeletonBackend.predict`."""
        images = np.stack([crop.image for crop in crops])
        parts = np.split(images, len(images)) if self._single else [images]
        first, second = (np.concatenate(parts) for parts in zip(*map(self._run, parts)))
        decode = _decode_places if self.top_down else _decode_people
        return [_to_frame(people, crop) for people, crop in zip(map(decode, first, second), crops)]

    def _run(self, images: np.ndarray) -> list[np.ndarray]:
        outputs = self._session.run(None, {self._name: images.astype(self._type)})
        return [output.astype(np.float32) for output in outputs]


def _open(path: str, device: str | None) -> Any:
    """Load a file for a device."""
    import onnxruntime
    on_gpu = 'CUDAExecutionProvider' in onnxruntime.get_available_providers()
    kind, _, number = (device or ('cuda:0' if on_gpu else 'cpu')).partition(':')
    if kind == 'cuda' and not on_gpu:
        raise InputError('onnx', '--device', device, 'cpu: this onnxruntime is not for GPUs')
    providers: list[Any] = ['CPUExecutionProvider']
    if kind == 'cuda':
        providers.insert(0, ('CUDAExecutionProvider', dict(device_id=int(number or 0))))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        return onnxruntime.InferenceSession(path, options, providers=providers)
    except Exception as error:  # onnxruntime's own kinds of error have no common base
        raise InputError(path, 'network', f'{type(error).__name__} ({error})',
                         'a file .onnx that onnxruntime can load') from error


def _planes(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image.transpose(2, 0, 1), np.float32)


def _decode_places(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """One person, 1 x V x 3, from the scores of V x X and V x Y places (SimCC)."""
    places = np.stack([across.argmax(-1), down.argmax(-1)], axis=-1) / SPLITS
    score = np.minimum(across.max(-1), down.max(-1))
    return np.concatenate([places, score[:, None]], axis=-1)[None]


def _decode_people(boxes: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """N x V x 3 of P x 5 boxes with a score and P x V x 3 joints: sure people, each once."""
    sure = boxes[:, 4] >= MIN_SCORE
    boxes, joints = boxes[sure], joints[sure]
    chosen = nms(torch.from_numpy(boxes[:, :4]), torch.from_numpy(boxes[:, 4]), MAX_OVERLAP)
    return joints[chosen.numpy()]


def _to_frame(people: np.ndarray, crop: Crop) -> np.ndarray:
    """Return N x V x 3 in pixels of the frame, scores in 0 to 1."""
    points = people[..., :2] * crop.scale + crop.corner
    return np.concatenate([points, np.clip(people[..., 2:], 0, 1)], axis=-1).astype(np.float32)
