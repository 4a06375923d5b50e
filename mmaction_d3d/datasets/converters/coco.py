"""Skeletons of COCO's keypoint JSON: a data set's file, and lists of results."""
import os
from collections.abc import Sequence
from functools import partial
from typing import Any

from ...errors import InputError, Place, content_of
from ...files import without_suffix
from ...media.find import LeaveOut
from ...skeletons import SkeletonLayout
from .skeleton_files import (
    Readers,
    Skeletons,
    add_people,
    gather,
    json_files,
    read_json,
    split_frame_name,
    stack_people,
)

_WANT = (
    'images with id, file_name, height and width, and annotations with image_id and keypoints; '
    'or a list of results with image_id and keypoints')
#: People by the number of their frame.
_People = dict[int, list]


def from_coco(path: str, layout: SkeletonLayout | None, leave_out: LeaveOut) -> Readers:
    """COCO keypoint JSON: ``dict(images=, annotations=, categories=)``, an image a frame.

    Layout: https://cocodataset.org/#format-data, keypoint detection. The third number of a joint
    may be COCO's flag (0, 1, 2) or a score. Of a folder all files are read. A list of results,
    ``[dict(image_id=, keypoints=, score=), ...]``, has the people of the images that such a file in
    its folder lists. Without one it is named as its clip, and ``image_id`` is the number of a
    frame, or names images as ``file_name`` does.
    """
    root, files = json_files(path, leave_out)
    sets: dict[str, dict[str, Any]] = {}
    results: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        content = read_json(file)
        (results if isinstance(content, list) else sets)[file] = content
    if not sets:
        return _from_results(results, root, layout)
    if results and len(sets) > 1:
        raise InputError(path, 'content', f'{len(sets)} files with images beside a list of results',
                         'the one file whose images the results are of')
    readers: Readers = {}
    for file, content in sets.items():
        people = [(name, person) for name, listed in results.items()
                  for person in _with_joints(name, listed)]
        with content_of(file, 'content', _WANT):
            if not results:
                people = [(file, person) for person in content['annotations']]
            elif content.get('annotations'):
                leave_out('annotations of images that a list of results is of: left out', file)
            clips = _clips_of(file, content['images'], people)
            joints = next(
                (category['keypoints']
                 for category in content.get('categories', ()) if category.get('keypoints')), None)
        for clip, frames in clips.items():
            if clip in readers:
                raise InputError(file, 'images', f'{clip}, as in another file', 'a clip in one')
            place = file, f'annotations of {clip}'
            readers[clip] = partial(_read_clip, place, joints, layout, *frames)
    return readers


def _with_joints(file: str, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parts of results that are read; unlike an annotation each must have joints."""
    with content_of(file, 'content', _WANT):
        return [{key: person[key] for key in ('image_id', 'keypoints')} for person in results]


def _clips_of(
        file: str, images: list[dict[str, Any]],
        people: list[tuple[str, dict[str,
                                     Any]]]) -> dict[str, tuple[_People, set[tuple[int, int]]]]:
    """Sort people, each with the file that lists them, into the frames of their clips.

    Returns:
        By clip its people, and the sizes of its images.
    """
    clips: dict[str, tuple[_People, set[tuple[int, int]]]] = {}
    frame_of: dict[Any, tuple[str, int]] = {}
    for image in images:
        clip, number = frame_of[image['id']] = split_frame_name(image['file_name'], file)
        persons, shapes = clips.setdefault(clip, ({}, set()))
        if number in persons:
            raise InputError(file, 'images', f'{image["file_name"]!r} again', 'each once')
        persons[number] = []
        shapes.add((int(image['height']), int(image['width'])))
    for where, person in people:
        with content_of(where, 'content', _WANT):
            if person.get('keypoints'):
                clip, number = frame_of[person['image_id']]
                clips[clip][0][number].append(person['keypoints'])
    return clips


def _from_results(results: dict[str, list[dict[str, Any]]], root: str,
                  layout: SkeletonLayout | None) -> Readers:
    """Read lists of results without a file of images."""
    clips: dict[str, _People] = {}
    for file, people in results.items():
        stem = without_suffix(os.path.relpath(file, root))
        with content_of(file, 'content', _WANT):
            for person in _with_joints(file, people):
                add_people(clips, person['image_id'], [person['keypoints']], stem, file)
    return {
        clip: partial(_read_clip, (root, clip), None, layout, frames, set())
        for clip, frames in clips.items()
    }


def _read_clip(place: Place, joints: Sequence[str] | None, layout: SkeletonLayout | None,
               persons: _People, shapes: set[tuple[int, int]]) -> Skeletons:
    if len(shapes) > 1:
        raise InputError(*place, f'images of {len(shapes)} sizes', 'one size')
    people = {number: stack_people(listed, place) for number, listed in persons.items()}
    return gather(people, place, joints, layout, *shapes)
