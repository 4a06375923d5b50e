"""A model file, called with a video and its skeletons."""
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ._shared.errors import InputError
from ._shared.media.video import DecodingError, Video
from .steps import Clip, apply_steps, check_steps, pack, sampled_frames

# Skeletons and pictures of published sets are recorded apart and differ by a frame or two.
_SLACK = 2
_KEY = 'mmaction_d3d'


@dataclass(frozen=True)
class Answer:
    """What a model says.

    Attributes:
        scores: Of each class, 0 to 1.
        classes: Their names, where they are known.
    """
    scores: np.ndarray
    classes: Sequence[str] | None

    @property
    def index(self) -> int:
        """Number of the best class."""
        return int(np.argmax(self.scores))

    @property
    def label(self) -> str:
        """Name of the best class."""
        return self.classes[self.index] if self.classes else f'class {self.index}'

    @property
    def score(self) -> float:
        """Score of the best class."""
        return float(self.scores[self.index])


class Recognizer:
    """A model that ``d3d export --format onnx`` wrote.

    Args:
        path: The file.
        threads: Threads to compute with. Defaults to None: one for each CPU.

    Attributes:
        about: What the file says: classes, joints, pipeline, what it was trained on.

    Raises:
        InputError: It is no such file.
    """

    def __init__(self, path: str | Path, threads: int | None = None) -> None:
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        want = 'a model that d3d export --format onnx wrote'
        if not Path(path).is_file():
            raise InputError(path, 'model', 'no such file', want)
        try:
            self._session = onnxruntime.InferenceSession(str(path), options,
                                                         providers=['CPUExecutionProvider'])
        except Exception as error:  # ONNX Runtime has many kinds
            raise InputError(path, 'model', ' '.join(str(error).split())[:200], want) from error
        text = self._session.get_modelmeta().custom_metadata_map.get(_KEY)
        if text is None:
            raise InputError(path, _KEY, 'nothing', want)
        self.about: dict[str, Any] = json.loads(text)
        check_steps(self.about['pipeline'], str(path))

    def __call__(self, video: str | Path | Sequence[np.ndarray],
                 skeletons: Mapping[str, np.ndarray]) -> Answer:
        """Recognize a video as one clip.

        Args:
            video: A file, or its frames, H x W x 3 uint8 RGB each.
            skeletons: ``keypoint``, M x T x V x 2 (or x 3 with the score), ``keypoint_score``,
                M x T x V, and perhaps ``img_shape``, the height and width that they refer to.

        Raises:
            InputError: The video or the skeletons cannot be used.
        """
        inputs = prepare(self.about, video, skeletons)
        return Answer(self.scores(*inputs), self.about['classes'])

    def scores(self, imgs: np.ndarray, keypoint: np.ndarray) -> np.ndarray:
        """Score a video's packed clips: their mean, as the model averages them.

        Args:
            imgs: N x 3 x T x H x W uint8.
            keypoint: N x T x (M V) x 3 float32.
        """
        logits, = self._session.run(None, dict(imgs=imgs, keypoint=keypoint))
        scores = np.exp(logits - logits.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        if self.about['average_clips'] == 'prob':
            return scores.mean(0)
        return logits.mean(0)


def prepare(about: Mapping[str, Any], video: str | Path | Sequence[np.ndarray],
            skeletons: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Make a model's input of a video and its people.

    Args:
        about: What the model's file says.
        video: As for :class:`Recognizer`.
        skeletons: As for :class:`Recognizer`.

    Returns:
        Pixels, N x 3 x T x H x W uint8, and joints, N x T x (M V) x 3 float32, of its N clips.

    Raises:
        InputError: The video or the skeletons cannot be used.
    """
    source = str(video) if isinstance(video, (str, Path)) else 'frames'
    keypoint, score = _people(about, skeletons)
    total = keypoint.shape[1]
    sampling, = (step for step in about['pipeline'] if step['type'] == 'AlignedSampleFrames')
    num_clips = sampling.get('num_clips', 1)
    inds = sampled_frames(total, sampling['clip_len'], num_clips)
    images: Mapping[int, np.ndarray]
    if isinstance(video, (str, Path)):
        images, count = _of_file(source, inds)
    else:
        images, count = dict(enumerate(video)), len(video)
    if count is not None and abs(total - count) > _SLACK:
        raise InputError('skeletons', 'keypoint', f'{total} frames', f'{count}, as {source}')
    inds = inds if count is None else np.minimum(inds, count - 1)
    clip = Clip(source, keypoint[:, inds], score[:, inds], [images[i] for i in inds.tolist()],
                num_clips)
    size = clip.size
    old = skeletons.get('img_shape', size)
    clip.keypoint = clip.keypoint * np.divide(size, old)[::-1].astype(np.float32)
    apply_steps(clip, about['pipeline'])
    return pack(clip, about['num_person'])


def _people(about: Mapping[str, Any], skeletons: Mapping[str,
                                                         Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return joints and scores, of no more people than the model takes."""
    layout, most = about['layout'], about['num_person']
    joints = len(layout['joints'])
    if skeletons.get('keypoint') is None:
        raise InputError('skeletons', 'keypoint', 'nothing', f'M x T x {joints} x 2')
    keypoint = np.asarray(skeletons['keypoint'], np.float32)
    score = skeletons.get('keypoint_score')
    if score is None and keypoint.ndim == 4 and keypoint.shape[-1] == 3:
        score = keypoint[..., 2]
    score = np.asarray(score, np.float32)
    if keypoint.ndim != 4 or keypoint.shape[2] != joints or score.shape != keypoint.shape[:3]:
        raise InputError('skeletons', 'keypoint and keypoint_score',
                         f'shapes {keypoint.shape} and {score.shape}',
                         f'M x T x {joints} x 2 and M x T x {joints}, joints of {layout["name"]}')
    if len(score) > most:  # those of the highest score stay
        totals = np.nan_to_num(score).sum((1, 2))
        best = np.sort(np.argsort(-totals, kind='stable')[:most])
        keypoint, score = keypoint[best], score[best]
    return keypoint[..., :2], score


def _of_file(path: str | Path, inds: np.ndarray) -> tuple[dict[int, np.ndarray], int | None]:
    """Decode the named frames; and the number of frames, where it is known."""
    wanted, last, images, index, frame = set(inds.tolist()), int(inds.max()), {}, -1, None
    with Video(str(path)) as video:
        announced = video.announced or None
        try:
            for index, frame in enumerate(video.frames()):
                if index in wanted:
                    images[index] = frame.rgb()
                if index == last:
                    return images, announced
        except DecodingError as error:  # what decoded before is kept
            if frame is None:
                raise InputError(path, 'video', error, 'a video that can be decoded') from error
        if frame is None:
            raise InputError(path, 'video', 'no frame', 'a video that can be decoded')
        images[index] = frame.rgb()
    return images, index + 1
