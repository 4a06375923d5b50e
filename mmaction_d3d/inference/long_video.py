"""Recognising a long video window by window, in memory that does not grow with its length."""
import time

import numpy as np

from ..errors import InputError
from ..media import Frames
from ..parallel import Progress
from ..prefetch import prefetch
from .skeletons import people_found
from .timeline import Timeline
from .windows import WindowReader


class LongVideo:
    """Slides a window over videos.

    A thread decodes and packs the next windows while the model scores these; only frames that an
    unfinished window samples are held.

    Args:
        inferencer (D3DInferencer): Whose model and pipeline.
        window (float): Seconds.
        stride (float, optional): Seconds between windows. Defaults to None: half a window.
        smooth (float, optional): Seconds over which scores are averaged. Defaults to None: a
            window.
        batch_size (int): Windows that go through the model at once.
        attention (bool): Whether to keep attention maps.

    Raises:
        InputError: A length is not above 0, or the stride is longer than the window.
    """

    def __init__(self, inferencer, window, stride=None, smooth=None, batch_size=8, attention=False):
        stride = window / 2 if stride is None else stride
        smooth = window if smooth is None else smooth
        for name, value in (('window', window), ('stride', stride)):
            if not value > 0:
                raise InputError('windows', name, value, 'more than 0 seconds')
        if not smooth >= 0:
            raise InputError('windows', 'smooth', smooth, '0 seconds or more')
        if stride > window:
            raise InputError(
                'windows', 'stride', f'{stride} s', f'{window} s, the window, or '
                'less: between windows nothing would be seen')
        self._inferencer = inferencer
        self._lengths = (window, stride, smooth)
        self._batch_size = batch_size
        self._attention = attention

    def __call__(self, item):
        """Recognise a source.

        Args:
            item (Recognised): With ``info`` and ``skeleton``; one with an ``error`` stays as it
                is. It gets ``scores``, ``timeline`` and ``attention``.

        Returns:
            Recognised: The same.
        """
        if item.error is None:
            start = time.monotonic()
            try:
                self._recognise(item)
            except InputError as error:
                item.error = error
            item.seconds['windows'] = time.monotonic() - start
        return item

    def _recognise(self, item):
        info = item.info
        length, stride, smooth = (max(1, round(seconds * info.fps)) if seconds else 0
                                  for seconds in self._lengths)
        length = min(length, info.frames)
        sampled = self._inferencer.pipeline.sample(length)
        reader = WindowReader(info.frames, length, stride, sampled['frame_inds'])
        item.timeline = Timeline(info, length, stride, smooth)
        progress = None
        if self._inferencer.show_progress:
            progress = Progress(f'{item.name}, windows', len(reader))
        for batch in prefetch(self._batches(item, reader, sampled)):
            windows, packed = zip(*batch)
            scores, maps = self._inferencer.forward(list(packed), self._attention)
            for window, own, attended in zip(windows, scores, maps):
                start, stop = window
                item.timeline.add(start, stop, own, people_found(item.skeleton, slice(start, stop)))
                if self._attention:
                    item.take_attention(start, attended)
            if progress:
                progress.step(len(batch))
        item.timeline.close()
        item.scores = item.timeline.mean_scores()
        if reader.decoded < info.frames:
            item.notes.append(f'{reader.decoded} of {info.frames} frames decode')

    def _batches(self, item, reader, sampled):
        """Yield lists of ((start, stop), packed window)."""
        batch = []
        skeleton = _padded(item.skeleton, item.info.frames)
        for window in reader.read(frame.rgb for frame in Frames(item.source)):
            part = slice(window.start, window.stop)
            own = dict(skeleton, total_frames=window.stop - window.start,
                       keypoint=skeleton['keypoint'][:, part],
                       keypoint_score=skeleton['keypoint_score'][:, part])
            packed = self._inferencer.pipeline.of_images(sampled, window.images, own)
            batch.append(((window.start, window.stop), packed))
            if len(batch) == self._batch_size:
                yield batch
                batch = []
        if batch:
            yield batch


def _padded(skeleton, frames):
    """Lengthen a skeleton that is a frame or two shorter than the video by its last frame."""
    missing = frames - skeleton['total_frames']
    if missing <= 0:
        return skeleton
    repeat = [(0, 0), (0, missing), (0, 0)]
    return dict(skeleton, keypoint=np.pad(skeleton['keypoint'], [*repeat, (0, 0)], 'edge'),
                keypoint_score=np.pad(skeleton['keypoint_score'], repeat, 'edge'))
