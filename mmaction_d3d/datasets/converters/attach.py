"""Skeletons from elsewhere, attached to annotations by the clips' names."""
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ...drop_report import DropReport
from ...errors import InputError, Place
from ...skeletons import convert_joints, keep_people_in_boxes, link_people
from ..annotations import Annotation, ids_of, name_of
from .importers import import_skeletons
from .skeleton_files import Skeletons


def attach_skeletons(annotations: list[Annotation], path: str, kind: str, layout: str,
                     num_person: int, report: DropReport, spread: bool = False,
                     source_layout: str | None = None) -> list[Annotation]:
    """Give each annotation the skeletons of its name.

    A clip's name is its ``frame_dir``, ``filename``, filename without suffix, or that without
    folders; a file's name for it, with or without folders, is the same. Where the files know
    fewer frames than the clip has, the rest has no joints; further ones are cut; or, with
    ``spread``, frames correspond by their share of the clip's time, which is that of
    ``frame_times`` where it is there. Clips without skeletons are left out.

    Args:
        annotations: Annotations with ``total_frames`` and ``img_shape``; people outside their
            ``bbox`` (M x T x 4), if they have one, are left out.
        path: File or folder of skeletons.
        kind: Its format, a key of :data:`importers.IMPORTERS`.
        layout: Joint layout to convert to.
        num_person: People kept.
        report: Gets what was left out or changed.
        spread: Whether both begin and end at the same times, whatever the frame rate.
        source_layout: Joint layout of the files, where they do not say.

    Returns:
        New annotations, in the same order.

    Raises:
        InputError: The skeletons cannot be read, or a name stands for two clips.
    """
    source = import_skeletons(path, kind, source_layout, report.add)
    named, attached = _by_name(source), []
    used: dict[str, str] = {}
    for annotation in annotations:
        name = next((named[name] for name in ids_of(annotation) if name in named), None)
        if name is None:
            report.add('no skeletons under its name: left out', name_of(annotation))
            continue
        if name in used:
            raise InputError(path, name, f'a name of both {used[name]} and '
                             f'{name_of(annotation)}', 'a name of one clip')
        used[name] = name_of(annotation)
        place = (path, name)
        skeletons = source[name]()
        if spread:
            skeletons = _spread(skeletons, annotation, report)
        attached.append(_attach(annotation, skeletons, layout, num_person, report, place))
    for name in source:
        if name not in used:
            report.add('skeletons of no clip: not used', name)
    if not attached:
        raise InputError(path, 'clips', ', '.join(list(source)[:3]) or 'none',
                         f'names as {name_of(annotations[0])}')
    return attached


def _by_name(source: Iterable[str]) -> dict[str, str]:
    """Name in the source by each name that they go by: themselves, and without folders."""
    bare: dict[str, list[str]] = {}
    for name in source:
        bare.setdefault(name.rpartition('/')[2], []).append(name)
    unique = {short: names[0] for short, names in bare.items() if len(names) == 1}
    return {**unique, **{name: name for name in source}}


def _spread(skeletons: Skeletons, annotation: Annotation, report: DropReport) -> Skeletons:
    """Skeletons of as many frames as the clip has: those nearest in time."""
    total = annotation['total_frames']
    if skeletons.num_frames == total:
        return skeletons
    report.add('skeletons of more or fewer frames than the clip has: those nearest in time',
               f'{name_of(annotation)}: {skeletons.num_frames}, {total}')
    times = annotation.get('frame_times', np.arange(total + 1))
    # As whole numbers where frames come at one rate: a half is a half.
    shares = (times[:-1] + times[1:] - 2 * times[0]) * skeletons.num_frames
    nearest = dict(enumerate((shares // (2 * (times[-1] - times[0]))).astype(int).tolist()))
    return replace(
        skeletons, num_frames=total, frames={
            frame: skeletons.frames[index] for frame, index in nearest.items()
            if index in skeletons.frames
        })


def _attach(annotation: Annotation, skeletons: Skeletons, layout: str, num_person: int,
            report: DropReport, place: Place) -> Annotation:
    """Return a copy of one annotation with ``keypoint`` and ``keypoint_score``."""
    clip, total = name_of(annotation), annotation['total_frames']
    if skeletons.num_frames != total:
        report.add('skeletons of more or fewer frames than the clip has: cut or padded', clip)
    scale = np.ones(3, np.float32)  # from the size that coordinates refer to, to the clip's
    if skeletons.img_shape is not None:
        scale[1::-1] = np.divide(annotation['img_shape'], skeletons.img_shape)
    frames = {frame: people * scale for frame, people in skeletons.frames.items() if frame < total}
    if skeletons.linked:
        people = np.zeros((len(frames[0]), total, len(skeletons.joints), 3), np.float32)
        for frame, persons in frames.items():
            people[:, frame] = persons
        order = np.argsort(-people[..., 2].sum((1, 2)), kind='stable')
        dropped, people = max(len(people) - num_person, 0), people[order[:num_person]]
    else:
        if annotation.get('bbox') is not None:
            frames = keep_people_in_boxes(frames, annotation['bbox'])
        people, dropped = link_people(frames, total, len(skeletons.joints), num_person)
    if dropped:
        report.add(f'more than {num_person} people: those of the lowest scores left out', clip)
    people, missing = convert_joints(people, skeletons.joints, layout, place)
    if missing:
        report.add(
            f'joints of {layout} that the skeletons do not have, missing: '
            f'{" ".join(missing)}', clip)
    xy, score = people[..., :2].copy(), people[..., 2].copy()
    return annotation | Annotation(keypoint=xy, keypoint_score=score)
