"""The way from media to answers: skeletons, clips, scores, one record after the other."""
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np

from ..errors import InputError
from ..media import DEFAULT_FPS, Frames, Media, MediaInfo, probe
from ..prefetch import prefetch
from ..progress import Progress
from .attention_track import AttentionTrack
from .clips import Clip
from .model import LoadedModel, Scored
from .records import Failure, Step, Subject, Track
from .result import Recognition
from .shared_features import extractor_of, on_one_grid
from .skeletons import Origin, no_skeleton, skeleton_of, without_frames
from .tracks import gather, tracks_of
from .windows import Lengths, Timeline, Window, WindowLengths, WindowReader, WindowScores

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
        per_person: Whether to answer for each person alone, too.
        share_features: Whether windows of a batch share the features of frames that they all show.
    """
    batch_size: int = 8
    attention: bool = False
    folder_fps: float = DEFAULT_FPS
    windows: WindowLengths | None = None
    show_progress: bool = False
    per_person: bool = False
    share_features: bool = False


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
    subjects = (attempt(Step(source=source), 'skeleton', _subject, source, origin, model, options)
                for source in sources)
    if options.windows is None:
        yield from gather(answer
                          for batch in prefetch(_batches(subjects, model, options.batch_size))
                          for answer in _of_clips(batch, model, options))
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
    seconds = step.seconds.get(name, 0) + time.monotonic() - start
    return replace(made, seconds={**step.seconds, name: seconds})


def _subject(source: Media, origin: Origin, model: LoadedModel, options: Options) -> Subject:
    """Probe a source and fetch its skeleton."""
    info = probe(source, folder_fps=options.folder_fps)
    if model.modality == 'rgb':
        return Subject(source=source, info=info, skeleton=no_skeleton(info, model.layout),
                       notes=(*source.notes, *model.modality_notes))
    skeleton, everyone, info, notes = skeleton_of(source, info, origin, model.layout,
                                                  model.pipeline.num_person)
    notes = (*source.notes, *model.modality_notes, *notes)
    if model.modality == 'pose':
        if not skeleton.people():
            raise InputError(source.path, 'skeleton', 'nobody', 'people: there is no RGB to go by')
        source = without_frames(source, info)
    subject = Subject(source=source, info=info, skeleton=skeleton, notes=notes)
    people = tuple(tracks_of(subject, everyone)) if options.per_person else ()
    return replace(subject, alone=people)


def _batches(subjects: Iterator[Subject | Failure], model: LoadedModel,
             batch_size: int) -> Iterator[list[Clip | Failure]]:
    """Decode and pack sources, in batches whose clips are all of one size."""
    batch: list[Clip | Failure] = []
    sizes = None
    for subject in _each(subjects, model):
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


def _each(subjects: Iterator[Subject | Failure], model: LoadedModel) -> Iterator[Subject | Failure]:
    """Yield sources, each followed by its people, for whom it is decoded once."""
    for subject in subjects:
        if isinstance(subject, Subject) and subject.alone:
            subject = attempt(subject, 'decoding', model.pipeline.decoded, subject)
        yield subject
        if isinstance(subject, Subject):
            yield from subject.alone


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
    lengths_here = lengths.of(info)
    sample = lru_cache(model.pipeline.sample)
    if options.share_features:
        lengths_here = _on_one_grid(lengths_here, info, model)
    reader = WindowReader(lengths_here.spans(info), lambda length: sample(length)['frame_inds'])
    cut = reader.read(map(attrgetter('rgb'), Frames(subject.source)))
    clips = (model.pipeline.of_window(person, images, sample(window.stop - window.start))
             for window in cut for person, images in _people_in(window, subject))
    windows: dict[Track | None, list[WindowScores]] = {}
    maps = None
    with Progress(f'{subject.name}, windows', len(reader), shown=options.show_progress) as progress:
        for batch in prefetch(_chunks(clips, options.batch_size)):
            for clip, scored in zip(batch,
                                    model.score(batch, options.attention, options.share_features)):
                people = clip.skeleton.people(slice(clip.start, clip.stop))
                windows.setdefault(clip.track, []).append(
                    WindowScores(clip.start, clip.stop, scored.scores.astype(np.float32), people))
                maps = _tracked(maps, clip.start, scored)
                progress.step(clip.track is None)

    def answer_for(person: Subject) -> Recognition:
        track = person.track
        span = None if track is None else (track.first, min(track.last + 1, info.frames))
        timeline = Timeline(info, lengths_here, tuple(windows[person.track]), span)
        scores = timeline.mean_scores()
        return replace(_answer(person, model, options, scores, maps), timeline=timeline)

    answer = answer_for(subject)
    notes = answer.notes
    if reader.decoded < info.frames:
        notes = (*notes, f'{reader.decoded} of {info.frames} frames decode')
    seen = (person for person in subject.alone if person.track in windows)
    return replace(answer, notes=notes, tracks=tuple(map(answer_for, seen)))


def _on_one_grid(lengths: Lengths, info: MediaInfo, model: LoadedModel) -> Lengths:
    """Round lengths so that windows can share features; those in seconds stay."""
    stride_of_features = extractor_of(model.network).temporal_stride
    if info.times is not None:
        return lengths
    window = int(lengths.window)
    clip_len = model.pipeline.sample(window)['clip_len']
    return Lengths(
        *on_one_grid(window, int(lengths.stride), info.frames, clip_len, stride_of_features),
        lengths.smooth)


def _people_in(window: Window, subject: Subject) -> Iterator[tuple[Subject, Window]]:
    """Yield those of whom a window shows anything, each with its images, and then all."""
    for person in subject.alone:
        if person.skeleton.people(slice(window.start, window.stop)):
            # Copies: steps of a pipeline may write into frames.
            yield person, replace(window, images=[image.copy() for image in window.images])
    yield subject, window


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
    if options.attention and track is None and subject.track is None:
        notes = (*notes, NO_ATTENTION)
    return subject.grow(Recognition, scores=scores, classes=model.classes, layout=model.layout,
                        modality=model.modality, trained_on=model.trained_on,
                        attention=None if subject.track else track, notes=notes)
