"""Skeletons from elsewhere, attached to annotations by the clips' names."""
import os
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ...errors import InputError, Place
from ...skeletons import convert_joints, keep_people_in_boxes, link_people
from ..annotations import Annotation, ids_of
from .common import DropReport
from .importers import import_skeletons
from .skeleton_files import Skeletons


def attach_skeletons(annotations: list[Annotation], path: str, kind: str, layout: str,
                     num_person: int, report: DropReport, spread: bool = False) -> list[Annotation]:
    """Give each annotation the skeletons of its name.

    A clip's name is its ``frame_dir``, ``filename``, filename without suffix, or that without
    folders; a file's name for it, with or without folders, is the same. Where the files know
    fewer frames than the clip has, the rest has no joints; further ones are cut; or, with
    ``spread``, frames correspond by their share of the clip's time. Clips without skeletons are
    left out.

    Args:
        annotations: Annotations with ``total_frames`` and ``img_shape``; people outside their
            ``bbox`` (M x T x 4), if they have one, are left out.
        path: File or folder of skeletons.
        kind: Its format, a key of :data:`importers.IMPORTERS`.
        layout: Joint layout to convert to.
        num_person: People kept.
        report: Gets what was left out or changed.
        spread: Whether both begin and end at the same times, whatever the frame rate.

    Returns:
        New annotations, in the same order.

    Raises:
        InputError: The skeletons cannot be read, or a name stands for two clips.
    """
    source = import_skeletons(path, kind)
    named, used, attached = _by_name(source), {}, []
    for annotation in annotations:
        name = next((named[name] for name in ids_of(annotation) if name in named), None)
        if name is None:
            report.add('no skeletons under its name: left out', ids_of(annotation)[0])
            continue
        if name in used:
            raise InputError(path, name, f'a name of both {used[name]} and '
                             f'{ids_of(annotation)[0]}', 'a name of one clip')
        used[name] = ids_of(annotation)[0]
        place = (path, name)
        found = source[name]()
        if spread:
            found = _spread(found, annotation, report)
        attached.append(_attach(annotation, found, layout, num_person, report, place))
    for name in source:
        if name not in used:
            report.add('skeletons of no clip: not used', name)
    if not attached:
        raise InputError(path, 'clips', ', '.join(list(source)[:3]) or 'none',
                         f'names as {ids_of(annotations[0])[0]}')
    return attached


def _by_name(source: Iterable[str]) -> dict[str, str]:
    """Name in the source by each name that they go by: themselves, and without folders."""
    bare = {}
    for name in source:
        bare.setdefault(os.path.basename(name), []).append(name)
    unique = {short: names[0] for short, names in bare.items() if len(names) == 1}
    return {**unique, **{name: name for name in source}}


def _spread(found: Skeletons, annotation: Annotation, report: DropReport) -> Skeletons:
    """Skeletons of as many frames as the clip has: those nearest in time."""
    total = annotation['total_frames']
    if found.num_frames == total:
        return found
    report.add('skeletons of more or fewer frames than the clip has: those nearest in time',
               f'{ids_of(annotation)[0]}: {found.num_frames}, {total}')
    nearest = {frame: (2 * frame + 1) * found.num_frames // (2 * total) for frame in range(total)}
    return replace(
        found, num_frames=total, frames={
            frame: found.frames[index] for frame, index in nearest.items() if index in found.frames
        })


def _attach(annotation: Annotation, found: Skeletons, layout: str, num_person: int,
            report: DropReport, place: Place) -> Annotation:
    """Return a copy of one annotation with ``keypoint`` and ``keypoint_score``."""
    clip, total = ids_of(annotation)[0], annotation['total_frames']
    if found.num_frames != total:
        report.add('skeletons of more or fewer frames than the clip has: cut or padded', clip)
    scale = np.ones(3, np.float32)  # from the size that coordinates refer to, to the clip's
    if found.img_shape is not None:
        scale[1::-1] = np.divide(annotation['img_shape'], found.img_shape)
    frames = {frame: people * scale for frame, people in found.frames.items() if frame < total}
    if found.linked:
        people = np.zeros((len(frames[0]), total, len(found.joints), 3), np.float32)
        for frame, there in frames.items():
            people[:, frame] = there
        order = np.argsort(-people[..., 2].sum((1, 2)), kind='stable')
        dropped, people = max(len(people) - num_person, 0), people[order[:num_person]]
    else:
        if annotation.get('bbox') is not None:
            frames = keep_people_in_boxes(frames, annotation['bbox'])
        people, dropped = link_people(frames, total, len(found.joints), num_person)
    if dropped:
        report.add(f'more than {num_person} people: those of the lowest scores left out', clip)
    people, missing = convert_joints(people, found.joints, layout, place)
    if missing:
        report.add(
            f'joints of {layout} that the skeletons do not have, missing: '
            f'{" ".join(missing)}', clip)
    if not people[..., 2].any():
        report.add('nobody in any frame', clip)
    return dict(annotation, keypoint=people[..., :2].copy(), keypoint_score=people[..., 2].copy())
