"""The answer for a source: a record, and as plain numbers and text in JSON, CSV and a table."""
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import files
from ..cli import one_line
from ..datasets.modality import MODALITIES
from ..skeletons import SkeletonLayout
from .attention_track import AttentionTrack
from .records import Failure, Subject
from .skeletons import NO_PERSON
from .windows import Timeline

Prediction = dict[str, Any]


@dataclass(frozen=True, eq=False, kw_only=True)
class Recognition(Subject):
    """An answer.

    Attributes:
        scores: Score of each class; of windows, their mean.
        classes: Names of the classes, where they are known.
        layout: Joints of the skeleton.
        timeline: Scores over time, of a long video.
        attention: Attention over time, where it was asked for.
        video: The annotated video, where one was drawn.
        tracks: An answer for each person alone, where it was asked for.
        modality: What it rests on: ``'both'``, ``'rgb'`` or ``'pose'``.
        trained_on: The data that the model was trained on, where its checkpoint says.
    """
    scores: np.ndarray
    classes: tuple[str, ...] | None
    layout: SkeletonLayout
    timeline: Timeline | None = None
    attention: AttentionTrack | None = None
    video: str | None = None
    tracks: tuple['Recognition', ...] = ()
    modality: str = 'both'
    trained_on: str | None = None

    def __post_init__(self) -> None:
        self.scores.flags.writeable = False

    @property
    def index(self) -> int:
        """Number of the best class."""
        return self.top(1)[0]['label']

    @property
    def label(self) -> str:
        """Name of the best class."""
        return self.class_name(self.index)

    @property
    def score(self) -> float:
        """Score of the best class, 0 to 1."""
        return float(self.scores[self.index])

    @property
    def people(self) -> int:
        """People who were found."""
        return self.skeleton.people()

    def top(self, count: int, frame: int | None = None) -> list[dict[str, Any]]:
        """List the best classes, best first: ``label`` (number), ``class`` (name), ``score``.

        Args:
            count: How many.
            frame: The best at that frame. Defaults to None: of all.
        """
        scores = self.scores if frame is None else self.scores_at(frame)
        order = np.argsort(-scores, kind='stable')[:count]
        return [{
            'label': int(index), 'class': self.class_name(index), 'score': float(scores[index])
        } for index in order]

    def class_name(self, index: int) -> str:
        """Name a class, or say its number where names are unknown."""
        return self.classes[index] if self.classes else f'class {index}'

    def scores_at(self, frame: int) -> np.ndarray:
        """Scores to show at a frame."""
        return self.scores if self.timeline is None else self.timeline.scores_at(frame)

    def notes_at(self, frame: int) -> tuple[str, ...]:
        """Note what to show at a frame."""
        if (self.timeline is None or NO_PERSON in self.notes or self.modality == 'rgb'
                or self.timeline.people_at(frame)):
            return self.notes
        return (*self.notes, NO_PERSON if self.modality == 'both' else 'no person here')


def prediction_of(answer: Recognition | Failure, topk: int) -> Prediction:
    """Put an answer into plain numbers and text, for JSON; see docs/inference.md.

    Args:
        answer: The answer.
        topk: Classes under ``top``.
    """
    seconds = {step: round(time, 4) for step, time in answer.seconds.items()}
    if isinstance(answer, Failure):
        return dict(file=answer.source.path, error=one_line(answer.error), seconds=seconds)
    info, timeline, skeleton = answer.info, answer.timeline, answer.skeleton
    people = skeleton.people()
    top = answer.top(max(topk, 1))
    prediction = dict(
        file=answer.source.path, **top[0], top=top[:topk],
        scores=[float(score) for score in answer.scores], frames=info.frames, fps=float(info.fps),
        height=info.height, width=info.width,
        skeletons=dict(origin=skeleton.origin, layout=answer.layout.name,
                       people=people), person_found=people > 0, modality=answer.modality,
        trained_on=answer.trained_on, notes=list(answer.notes), seconds=seconds)
    if timeline is not None:
        prediction.update(timeline.in_seconds()._asdict(), **_over_time(answer, timeline))
    if answer.tracks:
        prediction['tracks'] = [
            _of_track(person, alone, topk) for person, alone in enumerate(answer.tracks, 1)
        ]
    if answer.video is not None:
        prediction['video'] = answer.video
    return prediction


def _over_time(answer: Recognition, timeline: Timeline) -> dict[str, Any]:
    """Return ``segments`` and ``windows``."""
    time_of = answer.info.time_of
    return dict(
        segments=[
            dict(segment, **{'class': answer.class_name(segment['label'])})
            for segment in timeline.segments()
        ], windows=[
            dict(start=float(time_of(start)), end=float(time_of(stop)), people=people,
                 scores=[round(float(score), 5) for score in scores])
            for start, stop, scores, people in timeline.windows
        ])


def _of_track(person: int, alone: Recognition, topk: int) -> dict[str, Any]:
    """Return the answer for one person, numbered as in the annotated video."""
    track, top = alone.track, alone.top(max(topk, 1))
    assert track is not None  # it is that of a person
    return dict(person=person, track=track.number, first_frame=track.first, last_frame=track.last,
                frames_seen=track.seen, **top[0], top=top[:topk],
                scores=[float(score) for score in alone.scores],
                **({} if alone.timeline is None else _over_time(alone, alone.timeline)))


def write_json(path: str | Path, prediction: Prediction) -> None:
    """Write a prediction whole or not at all."""
    files.write_text(path, json.dumps(prediction, indent=1, ensure_ascii=False))


def write_csv(path: str | Path, predictions: Sequence[Mapping[str, Any]]) -> None:
    """Write one row a file: its answer, or what is wrong with it."""
    rows = []
    for prediction in predictions:
        total = round(sum(prediction['seconds'].values()), 3)
        if 'error' in prediction:
            rows.append((prediction['file'], '', '', '', '', total, '', prediction['error']))
        else:
            rows.append((prediction['file'], prediction['label'], prediction['class'],
                         f'{prediction["score"]:.6f}', prediction['skeletons']['people'], total,
                         '; '.join(prediction['notes']), ''))
    files.write_csv(path,
                    ('file', 'label', 'class', 'score', 'people', 'seconds', 'notes', 'error'),
                    rows)


def table(predictions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lay out lines for a terminal: an answer a file, those that failed last."""
    good = [prediction for prediction in predictions if 'error' not in prediction]
    bad = [prediction for prediction in predictions if 'error' in prediction]
    lines = []
    for prediction in good:
        shown = [MODALITIES[prediction['modality']]] * (prediction['modality'] != 'both')
        lines.append(f'{prediction["file"]}: {prediction["class"]} ({prediction["score"]:.1%})' +
                     ''.join(f', {note}' for note in (*shown, *prediction['notes'])))
        lines += [
            f'  person {track["person"]}, frames {track["first_frame"]} to {track["last_frame"]}: '
            f'{track["class"]} ({track["score"]:.1%})' for track in prediction.get('tracks', ())
        ]
    for data in dict.fromkeys(prediction['trained_on'] for prediction in good):
        lines.append(f'The model was trained on: {data or "unknown data"}')
    if bad:
        lines.append(f'{len(bad)} of {len(predictions)} files could not be recognised:')
        lines += [f'  {prediction["error"]}' for prediction in bad]
    return lines
