"""Answers as plain numbers and text: JSON, CSV and a table."""
import json

import numpy as np

from .. import files
from ..cli import one_line
from .skeletons import people_found


def class_name(label, classes):
    """Name of a class, or what stands for it where names are unknown."""
    return str(classes[label]) if classes else f'class {label}'


def best_classes(scores, classes, topk):
    """Return the classes of the highest scores, best first: ``label``, ``class``, ``score``."""
    order = np.argsort(-scores, kind='stable')[:topk]
    return [
        dict(label=int(label), **{'class': class_name(label, classes)}, score=float(scores[label]))
        for label in order
    ]


def prediction_of(recognised, classes, topk, origin, layout, video=None):
    """Put an answer into plain numbers and text.

    Args:
        recognised (Recognised): The source.
        classes (list[str] | None): Names of the classes.
        topk (int): Classes under ``top``.
        origin (str): ``'pickle'``, ``'arrays'`` or ``'extracted'``.
        layout (SkeletonLayout): Of one person.
        video (str, optional): The annotated video.

    Returns:
        dict: For JSON; see docs/inference.md.
    """
    seconds = {step: round(time, 4) for step, time in recognised.seconds.items()}
    if recognised.error is not None:
        return dict(file=recognised.source.path, error=one_line(recognised.error), seconds=seconds)
    info, timeline = recognised.info, recognised.timeline
    top = best_classes(recognised.scores, classes, max(topk, 1))
    found = dict(
        file=recognised.source.path, **top[0], top=top[:topk],
        scores=[float(score) for score in recognised.scores], frames=info.frames,
        fps=float(info.fps), height=info.height, width=info.width,
        skeletons=dict(origin=origin, layout=layout.name, people=people_found(recognised.skeleton)),
        person_found=people_found(recognised.skeleton) > 0, notes=recognised.notes, seconds=seconds)
    if timeline is not None:
        fps = float(info.fps)
        found.update(
            window=timeline.length / fps, stride=timeline.stride / fps,
            smooth=timeline.smooth / fps, segments=[
                dict(segment, **{'class': class_name(segment['label'], classes)})
                for segment in timeline.segments()
            ], windows=[
                dict(start=start / fps, end=stop / fps, people=people,
                     scores=[round(float(score), 5) for score in scores])
                for start, stop, scores, people in timeline.windows
            ])
    if video is not None:
        found['video'] = video
    return found


def write_json(path, prediction):
    """Write a prediction whole or not at all."""
    files.write_text(path, json.dumps(prediction, indent=1, ensure_ascii=False))


def write_csv(path, predictions):
    """Write one row a file: its answer, or what is wrong with it."""
    rows = []
    for found in predictions:
        total = round(sum(found['seconds'].values()), 3)
        if 'error' in found:
            rows.append((found['file'], '', '', '', '', total, '', found['error']))
        else:
            rows.append((found['file'], found['label'], found['class'], f'{found["score"]:.6f}',
                         found['skeletons']['people'], total, '; '.join(found['notes']), ''))
    files.write_csv(path,
                    ('file', 'label', 'class', 'score', 'people', 'seconds', 'notes', 'error'),
                    rows)


def table(predictions):
    """Lines for a terminal: an answer a file, those that failed last."""
    good = [found for found in predictions if 'error' not in found]
    bad = [found for found in predictions if 'error' in found]
    lines = [
        f'{found["file"]}: {found["class"]} ({found["score"]:.1%})' +
        ''.join(f', {note}' for note in found['notes']) for found in good
    ]
    if bad:
        lines.append(f'{len(bad)} of {len(predictions)} files could not be recognised:')
        lines += [f'  {found["error"]}' for found in bad]
    return lines
