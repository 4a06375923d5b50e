"""The way from media to answers: skeletons, clips, scores, one record after the other."""
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np

from ..errors import InputError
from ..media import DEFAULT_FPS, Frames, Media, probe
from ..prefetch import prefetch
from ..progress import Progress
from .attention_track import AttentionTrack
from .clips import Clip, pipeline_fields
from .model import LoadedModel, Scored
from .result import Recognition
from .skeletons import Failure, Origin, Step, Subject, skeleton_of
from .windows import Timeline, WindowLengths, WindowReader, WindowScores

NO_ATTENTION = 'no attention drawn: the model has none that is deformable with modal queries'
Made = TypeVar('Made', bound=Step)


@dataclass(frozen=True)
class Options:
    """How to recognize.

    Attributes:
        batch_size: Clips, or windows, that go through the model at once.
        attention: Whether to compute attention maps, too.
        folder_fps: Frames a second of frame folders.
        windows: How to cut long videos. Defaults to None: each video is one clip.
        show_progress: Whether to print lines of progress over windows.
    """
    batch_size: int = 8
    attention: bool = False
    folder_fps: float = DEFAULT_FPS
    windows: WindowLengths | None = None
    show_progress: bool = False


def recognize(sources: Sequence[Media], origin: Origin, model: LoadedModel,
              options: Options) -> Iterator[Recognition | Failure]:
    """Recognize videos and frame folders, in their order.

    Args:
        sources: What to recognize.
        origin: Where skeletons come from.
        model: The model.
        options: How.

    Yields:
        The answer, or what is wrong with the source.
    """
    subjects = (attempt(Step(source=source), 'skeleton', _subject, source, origin, model,
                        options.folder_fps) for source in sources)
    if options.windows is None:
        for batch in prefetch(_batches(subjects, model, options.batch_size)):
            yield from _of_clips(batch, model, options)
        return
    for subject in subjects:
        if isinstance(subject, Failure):
            yield subject
        else:
            yield attempt(subject, 'windows', _of_windows, subject, model, options, options.windows)


def attempt(step: Step, name: str, make: Callable[..., Made], *arguments: Any) -> Made | Failure:
    """Make the record of the next step and note its time; a wrong input fails this source alone."""
    start = time.monotonic()
    made: Made | Failure
    try:
        made = make(*arguments)
    except InputError as error:
        made = step.grow(Failure, error=error)
    return replace(made, seconds={**step.seconds, name: time.monotonic() - start})


def _subject(source: Media, origin: Origin, model: LoadedModel, folder_fps: float) -> Subject:
    """Probe a source and fetch its skeleton."""
    pipeline_fields(source)  # refuses frames with gaps in their numbers
    info = probe(source, folder_fps=folder_fps)
    skeleton, info, notes = skeleton_of(source, info, origin, model.layout,
                                        model.pipeline.num_person)
    return Subject(source=source, info=info, skeleton=skeleton, notes=notes)


def _batches(subjects: Iterator[Subject | Failure], model: LoadedModel,
             batch_size: int) -> Iterator[list[Clip | Failure]]:
    """Decode and pack sources, in batches whose clips are all of one size."""
    batch: list[Clip | Failure] = []
    sizes = None
    for subject in subjects:
        clip = subject if isinstance(subject, Failure) else attempt(subject, 'decoding',
                                                                    model.pipeline, subject)
        new = None if isinstance(clip, Failure) else clip.sizes
        if batch and (len(batch) == batch_size or (sizes and new and new != sizes)):
            yield batch
            batch, sizes = [], None
        batch.append(clip)
        sizes = sizes or new
    if batch:
        yield batch


def _of_clips(batch: list[Clip | Failure], model: LoadedModel,
              options: Options) -> list[Recognition | Failure]:
    """Recognize a batch of whole sources."""
    clips = [clip for clip in batch if isinstance(clip, Clip)]
    start = time.monotonic()
    try:
        scored = iter(model.score(clips, options.attention) if clips else ())
    except InputError as error:
        return [clip.grow(Failure, error=error) for clip in batch]
    seconds = (time.monotonic() - start) / max(len(clips), 1)
    answers: list[Recognition | Failure] = []
    for clip in batch:
        if isinstance(clip, Failure):
            answers.append(clip)
            continue
        clip_scores = next(scored)
        answer = _answer(clip, model, options, clip_scores.scores, _tracked(None, 0, clip_scores))
        answers.append(replace(answer, seconds={**clip.seconds, 'model': seconds}))
    return answers


def _of_windows(subject: Subject, model: LoadedModel, options: Options,
                lengths: WindowLengths) -> Recognition:
    """Recognize a source window by window, in memory that does not grow with its length.

    A thread decodes and packs the next windows while the model scores these; only frames that an
    unfinished window samples are held.
    """
    info = subject.info
    length, stride, smooth = lengths.in_frames(info)
    sampled = model.pipeline.sample(length)
    reader = WindowReader(info.frames, length, stride, sampled['frame_inds'])
    clips = (model.pipeline.of_window(subject, window, sampled)
             for window in reader.read(map(attrgetter('rgb'), Frames(subject.source))))
    windows, track = [], None
    with Progress(f'{subject.name}, windows', len(reader), shown=options.show_progress) as progress:
        for batch in prefetch(_chunks(clips, options.batch_size)):
            for clip, scored in zip(batch, model.score(batch, options.attention)):
                people = subject.skeleton.people(slice(clip.start, clip.stop))
                windows.append(
                    WindowScores(clip.start, clip.stop, scored.scores.astype(np.float32), people))
                track = _tracked(track, clip.start, scored)
            progress.step(len(batch))
    timeline = Timeline(info, length, stride, smooth, tuple(windows))
    answer = _answer(subject, model, options, timeline.mean_scores(), track)
    notes = answer.notes
    if reader.decoded < info.frames:
        notes = (*notes, f'{reader.decoded} of {info.frames} frames decode')
    return replace(answer, timeline=timeline, notes=notes)


def _chunks(clips: Iterator[Clip], size: int) -> Iterator[list[Clip]]:
    while batch := list(islice(clips, size)):
        yield batch


def _tracked(track: AttentionTrack | None, start: int, scored: Scored) -> AttentionTrack | None:
    """Add a clip's attention, where there is one, to that of the clips before it."""
    if scored.attention is not None:
        track = track or AttentionTrack()
        track.add(start, *scored.attention)
    return track


def _answer(subject: Subject, model: LoadedModel, options: Options, scores: np.ndarray,
            track: AttentionTrack | None) -> Recognition:
    notes = subject.notes
    if options.attention and track is None:
        notes = (*notes, NO_ATTENTION)
    return subject.grow(Recognition, scores=scores, classes=model.classes, layout=model.layout,
                        attention=track, notes=notes)
