"""Each person of a video alone: whose label is asked for."""
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from .records import Failure, Skeleton, Subject, Track
from .result import Recognition


def tracks_of(subject: Subject, everyone: Skeleton) -> Iterator[Subject]:
    """Make a subject of each person who is seen in any frame, in the order of the arrays.

    Args:
        subject: The source.
        everyone: All of its people.
    """
    # Skeletons and pictures may differ by a frame or two.
    present = (np.nan_to_num(everyone.keypoint_score[:, :subject.info.frames]) > 0).any(2)
    for number, frames in enumerate(map(np.flatnonzero, present)):
        if len(frames):
            alone = slice(number, number + 1)
            skeleton = replace(everyone, keypoint=everyone.keypoint[alone],
                               keypoint_score=everyone.keypoint_score[alone])
            track = Track(number, int(frames[0]), int(frames[-1]), len(frames))
            yield replace(subject, skeleton=skeleton, track=track, notes=())


def gather(answers: Iterable[Recognition | Failure]) -> Iterator[Recognition | Failure]:
    """Put the answers for people, which follow the one for their source, into that."""
    whole: Recognition | Failure | None = None
    for answer in answers:
        if answer.track is None:
            if whole is not None:
                yield whole
            whole = answer
        elif isinstance(answer, Recognition) and isinstance(whole, Recognition):
            whole = replace(whole, tracks=(*whole.tracks, answer))
        elif isinstance(answer, Failure):
            whole = replace(answer, track=None)
    if whole is not None:
        yield whole
