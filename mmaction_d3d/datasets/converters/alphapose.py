"""Skeletons of AlphaPose's JSON."""
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ...errors import Place, content_of
from ...files import without_suffix
from ...media.find import LeaveOut
from ...skeletons import SkeletonLayout
from .skeleton_files import (
    Readers,
    Skeletons,
    add_people,
    gather,
    joints_of,
    json_files,
    read_json,
    stack_people,
)

_LAYOUTS = 'coco17', 'halpe26', 'wholebody133'  # by their number of joints
_FORMS = dict(cmu=('bodies', 'joints'), open=('people', 'pose_keypoints_2d'))
_LAYOUTS_OF_FORMS = ('openpose18', )


def from_alphapose(path: str, layout: SkeletonLayout | None, leave_out: LeaveOut) -> Readers:
    """AlphaPose's ``alphapose-results.json``: ``[dict(image_id=, keypoints=, score=), ...]``.

    A file a video, named as the clip, or ``CLIP/alphapose-results.json``; or one file of images
    ``CLIP_000001.jpg``. 17 joints are COCO's, 26 Halpe's, 133 COCO-WholeBody's. With ``--format
    cmu`` or ``open`` it is ``{image: dict(bodies=[dict(joints=), ...])}`` or
    ``{image: dict(people=[dict(pose_keypoints_2d=), ...])}`` with OpenPose's 18 joints. Source:
    AlphaPose, ``docs/output.md`` and ``alphapose/utils/pPose_nms.py``.
    """
    root, files = json_files(path, leave_out)
    clips: dict[str, dict[int, list]] = {}
    layouts: dict[str, tuple[str, ...]] = {}
    for file in files:
        stem = without_suffix(os.path.relpath(file, root))
        if 'sep-json' in Path(stem).parts:
            leave_out("AlphaPose's people once more, a file an image: left out", file)
            continue
        folder, name = os.path.split(stem)
        video = folder if folder and name == 'alphapose-results' else stem
        content = read_json(file)
        with content_of(
                file, 'content', 'a list of people with image_id and keypoints, or by image '
                'bodies with joints or people with pose_keypoints_2d'):
            for image, people in _people_of(content):
                clip = add_people(clips, image, people, video, file, first=0)
                layouts[clip] = _LAYOUTS_OF_FORMS if isinstance(content, dict) else _LAYOUTS
    return {
        clip: partial(_read_alphapose_clip, frames, (path, clip), layout, layouts[clip])
        for clip, frames in clips.items()
    }


def _people_of(content: Any) -> Iterator[tuple[Any, list]]:
    """Yield the name of an image, and people there, each as the numbers of their joints."""
    if not isinstance(content, dict):
        for person in content:
            yield person['image_id'], [person['keypoints']]
        return
    for image, frame in content.items():
        people, joints = _FORMS['open' if 'people' in frame else 'cmu']
        yield image, [person[joints] for person in frame[people]]


def _read_alphapose_clip(frames: dict[int, list], place: Place, layout: SkeletonLayout | None,
                         layouts: tuple[str, ...]) -> Skeletons:
    people = {number: stack_people(persons, place) for number, persons in frames.items()}
    joints = max(persons.shape[1] for persons in people.values())
    return gather(people, place, joints_of(layouts, joints, layout, place) if joints else None)
