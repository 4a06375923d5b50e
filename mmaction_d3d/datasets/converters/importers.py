"""Skeletons that other tools wrote: JSON of six kinds, Ultralytics' labels, PYSKL pickles.

Each importer looks through a file or folder and returns, by the clip's name there, a function
that reads that clip's :class:`Skeletons`. Coordinates are taken as the files give them, in
pixels. Frames count from the first one that the files of a clip list, whatever its number.
Files that do not name their joints need a layout, unless their format says which it is.
"""
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError, Place, content_of
from ...files import without_suffix
from ...media.find import LeaveOut, forget
from ...skeletons import SkeletonLayout, get_layout
from .. import safe_pickle
from ..annotations import Annotation, AnnotationChecker, ids_of, read_annotations
from ..joint_layout import find_layout
from .alphapose import from_alphapose
from .coco import from_coco
from .skeleton_files import (
    ASK,
    Readers,
    Skeletons,
    add_file,
    files_below,
    gather,
    joints_of,
    json_files,
    read_json,
    split_frame_name,
    stack_people,
)
from .ultralytics import from_ultralytics

_OPENPOSE = 'body25', 'openpose18'


def from_mmpose(path: str, layout: SkeletonLayout | None, leave_out: LeaveOut) -> Readers:
    """Mmpose predictions: a JSON file a video, or a folder of them.

    The inferencer (``pred_out_dir``) writes ``[dict(frame_id=, instances=[...]), ...]`` for a
    video and a list of instances for an image, the top-down demo
    ``dict(meta_info=, instance_info=[...])``; an instance has ``keypoints`` and
    ``keypoint_scores``. Files of images lie in a folder a clip. Source: mmpose 1.x,
    ``structures/utils.py`` and ``apis/inferencers/base_mmpose_inferencer.py``.
    """
    root, files = json_files(path, leave_out)
    clips: Readers = {}
    images: dict[str, dict[int, str]] = {}
    is_image: dict[str, bool] = {}
    for file in files:
        folder = str(Path(file).parent)
        if folder not in is_image:  # all files of a folder are of one kind: one look is enough
            is_image[folder] = not _mmpose_frames(file)[1]
        stem = without_suffix(os.path.relpath(file, root))
        if is_image[folder]:
            clip, number = split_frame_name(stem, file)
            add_file(images, clip, number, file)
        else:
            stem = re.sub(r'(^|/)results_([^/]*)$', r'\1\2', stem)  # so the demo names its files
            clips[stem] = partial(_read_mmpose_video, file, layout)
    for clip, numbered in images.items():
        clips[clip] = partial(_read_mmpose_images, numbered, (root, clip), layout)
    return clips


def _mmpose_frames(file: str) -> tuple[list[dict[str, Any]], bool, list[str] | None]:
    """Read a file: its list, whether that is of frames, and joint names or None."""
    content, joints = read_json(file), None
    info = content
    if isinstance(content, dict):
        info = content.get('instance_info')
        names = (content.get('meta_info') or {}).get('keypoint_id2name')
        joints = names and [names[key] for key in sorted(names, key=int)]
    if not isinstance(info, list) or not all(isinstance(item, dict) for item in info):
        raise InputError(file, 'content',
                         type(content).__name__,
                         'a list of frames or instances, or a dict with instance_info')
    return info, bool(info) and all('frame_id' in item for item in info), joints


def _instances(instances: list[dict[str, Any]] | None, place: Place) -> np.ndarray:
    """N x V x 3 of mmpose's instances of one frame."""
    with content_of(*place, 'instances with keypoints and as many keypoint_scores'):
        persons = [[
            (*point[:2], score)
            for point, score in zip(instance['keypoints'], instance['keypoint_scores'], strict=True)
        ] for instance in instances or ()]
    return stack_people(persons, place)


def _read_mmpose_video(file: str, layout: SkeletonLayout | None) -> Skeletons:
    frames, are_frames, joints = _mmpose_frames(file)
    if not are_frames:
        raise InputError(file, 'content', 'a list without frame_id',
                         'frames, as the other files of this folder have')
    people = {
        item['frame_id']: _instances(item.get('instances'), (file, f'frame_id {item["frame_id"]}'))
        for item in frames
    }
    return gather(people, (file, 'instances'), joints, layout)


def _read_mmpose_images(files: dict[int, str], place: Place,
                        layout: SkeletonLayout | None) -> Skeletons:
    people = {
        number: _instances(_mmpose_frames(file)[0], (file, 'instances'))
        for number, file in files.items()
    }
    return gather(people, place, layout=layout)


def from_openpose(path: str, layout: SkeletonLayout | None, leave_out: LeaveOut) -> Readers:
    """OpenPose's ``--write_json`` folder: a file a frame, ``CLIP_000000000000_keypoints.json``.

    All clips in one folder, or a folder a clip. A person has ``pose_keypoints_2d``, the flat x,
    y, score of 25 (BODY_25) or 18 (COCO) joints; (0, 0, 0) is a joint that is missing. Source:
    OpenPose, ``doc/02_output.md``.
    """
    clips: dict[str, dict[int, str]] = {}
    for file in files_below(path, '_keypoints.json', leave_out):
        name = os.path.relpath(file, path)[:-len('_keypoints.json')]
        clip, number = split_frame_name(name, file)
        video = re.fullmatch(r'(.+)_\d{12}', name)  # of an image, the name is the image's
        if video:
            folder, last = os.path.split(video[1])
            clip = folder if folder.rpartition('/')[2] == last else video[1]
        add_file(clips, clip, number, file)
    return {
        clip: partial(_read_openpose_clip, files, (path, clip), layout)
        for clip, files in clips.items()
    }


def _read_openpose_clip(files: dict[int, str], place: Place,
                        layout: SkeletonLayout | None) -> Skeletons:
    people = {}
    for number, file in files.items():
        with content_of(file, 'people', 'a list of people with pose_keypoints_2d'):
            persons = [person['pose_keypoints_2d'] for person in read_json(file)['people']]
        people[number] = stack_people(persons, (file, 'people'))
    frames = [frame for frame in people.values() if len(frame)]
    if not frames:
        return gather(people, place)
    if max(frame[..., :2].max() for frame in frames) <= 1:
        raise InputError(*place, 'coordinates of at most 1', 'pixels: --keypoint_scale 0')
    return gather(people, place, joints_of(_OPENPOSE, frames[0].shape[1], layout, place))


def from_pyskl(path: str, layout: SkeletonLayout | None, leave_out: LeaveOut) -> Readers:
    """Return a pickle in the layout of PYSKL and MMAction2, of any joint layout that we know.

    Raises:
        InputError: It is none, or holds anything but arrays and plain containers: see
            :mod:`mmaction_d3d.datasets.safe_pickle`.
    """
    content = safe_pickle.load(path)
    annotations, _ = read_annotations(content, path)
    layout = find_layout(content, path, layout.name if layout else None, ASK, default=None)
    clips: Readers = {}
    for index, annotation in enumerate(annotations):
        frame_dir, *other = ids_of(annotation)
        name = frame_dir if frame_dir is not None else str(other[1])
        if name in clips:
            raise InputError(path, f'annotations[{index}]', f'{name!r} again', 'each clip once')
        clips[name] = partial(_read_pyskl_clip, path, index, annotation, layout)
    return clips


def _read_pyskl_clip(path: str, index: int, annotation: Annotation,
                     layout: SkeletonLayout) -> Skeletons:
    keypoint, num_person = annotation.get('keypoint'), 1
    if isinstance(keypoint, np.ndarray) and keypoint.ndim == 4:  # else the check below says so
        num_person = len(keypoint)
    clip = AnnotationChecker(path, layout, None, num_person)(index, annotation)
    people = np.concatenate([clip['keypoint'], clip['keypoint_score'][..., None]], -1)
    people = np.nan_to_num(people.astype(np.float32), posinf=0, neginf=0)
    frames = {frame: people[:, frame] for frame in range(people.shape[1])}
    return Skeletons(frames, people.shape[1], layout.joints, clip['img_shape'], linked=True)


IMPORTERS = dict(alphapose=from_alphapose, coco=from_coco, mmpose=from_mmpose,
                 openpose=from_openpose, pyskl=from_pyskl, ultralytics=from_ultralytics)


def import_skeletons(path: str, kind: str, layout: str | None = None,
                     leave_out: LeaveOut = forget) -> Readers:
    """Look through skeletons that another tool wrote.

    Args:
        path: File or folder.
        kind: Key of :data:`IMPORTERS`.
        layout: Joint layout of files that do not name their joints.
        leave_out: Told of the files of a folder that are of another kind, or hidden.

    Returns:
        By clip, what reads it.

    Raises:
        InputError: There is nothing at ``path``, or it is of another kind.
    """
    if not os.path.exists(path):  # noqa: PTH110 - as files.is_file
        raise InputError(path, 'skeletons', 'nothing there', 'a file or folder')
    wanted = f'what {kind} writes'
    with content_of(path, 'content', wanted):
        known = get_layout(layout, 'command line') if layout else None
        readers = IMPORTERS[kind](path, known, leave_out)
    return {clip: partial(_read_clip, (path, clip), wanted, read) for clip, read in readers.items()}


def _read_clip(place: Place, wanted: str, read: Callable[[], Skeletons]) -> Skeletons:
    with content_of(*place, wanted):
        return read()
