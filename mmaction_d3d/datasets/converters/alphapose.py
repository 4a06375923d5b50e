"""Skeletons of AlphaPose's JSON."""
import os
from functools import partial

import numpy as np

from ...errors import Place, content_of
from ...files import without_suffix
from ...media.find import LeaveOut
from ...skeletons import SkeletonLayout
from .skeleton_files import (
    Readers,
    Skeletons,
    gather,
    joints_of,
    json_files,
    read_json,
    split_frame_name,
    stack_people,
)

_LAYOUTS = 'coco17', 'halpe26', 'wholebody133'  # by their number of joints


def from_alphapose(path: str, layout: SkeletonLayout | None, leave_out: LeaveOut) -> Readers:
    """AlphaPose's ``alphapose-results.json``: ``[dict(image_id=, keypoints=, score=), ...]``.

    A file a video, named as the clip, or ``CLIP/alphapose-results.json``; or one file of images
    ``CLIP_000001.jpg``. 17 joints are COCO's, 26 Halpe's, 133 COCO-WholeBody's. Source: AlphaPose,
    ``docs/output.md``.
    """
    root, files = json_files(path, leave_out)
    clips: dict[str, dict[int, list]] = {}
    for file in files:
        stem = without_suffix(os.path.relpath(file, root))
        folder, name = os.path.split(stem)
        video = folder if folder and name == 'alphapose-results' else stem
        people = read_json(file)
        with content_of(file, 'content', 'a list of people with image_id and keypoints'):
            for person in people:
                image = str(person['image_id'])
                name = without_suffix(image)
                clip, number = (video,
                                int(name)) if name.isdecimal() else (split_frame_name(image, file))
                clips.setdefault(clip, {}).setdefault(number, []).append(person['keypoints'])
    return {
        clip: partial(_read_alphapose_clip, frames, (path, clip), layout)
        for clip, frames in clips.items()
    }


def _read_alphapose_clip(frames: dict[int, list], place: Place,
                         layout: SkeletonLayout | None) -> Skeletons:
    people = {number: stack_people(persons, place) for number, persons in frames.items()}
    joints = next(iter(people.values())).shape[1]
    # Frames without anybody are not listed: those before the first person count, too.
    people.setdefault(0, np.zeros((0, joints, 3), np.float32))
    return gather(people, place, joints_of(_LAYOUTS, joints, layout, place))
