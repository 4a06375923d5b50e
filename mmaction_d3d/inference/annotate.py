"""The annotated video and the timeline of an answer: what is to be drawn, and into which file."""
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..datasets.modality import MODALITIES
from ..media import Frames, h264_writer
from ..visualization.annotated import Panel, annotated_frame
from ..visualization.figure import write_picture
from ..visualization.timeline import timeline_figure
from .clips import TestPipeline
from .result import Recognition
from .windows import Timeline


def write_annotated(answer: Recognition, path: str, topk: int,
                    pipeline: TestPipeline) -> Recognition:
    """Draw skeletons, attention and bars over every frame; one frame is in memory.

    Args:
        answer: Of a video.
        path: The mp4.
        topk: Bars.
        pipeline: Says where the model's input lies in a frame.

    Returns:
        The answer with its ``video``.

    Raises:
        InputError: No frame can be decoded, or the file cannot be written.
    """
    info, attention = answer.info, answer.attention
    scale = np.divide((info.width, info.height), answer.skeleton.img_shape[::-1])
    skeletons = [track.skeleton for track in answer.tracks] or [answer.skeleton]
    people = np.concatenate([
        np.concatenate([skeleton.keypoint * scale, skeleton.keypoint_score[..., None]], axis=-1)
        for skeleton in skeletons
    ])
    placement = None if attention is None else pipeline.placement(info.height, info.width)
    with h264_writer(path, info.fps) as write:
        for index, frame in enumerate(Frames(answer.source)):
            cells = None if attention is None else attention.at(index) / max(attention.limit, 1e-12)
            write(
                annotated_frame(frame.rgb(), people[:, min(index, people.shape[1] - 1)],
                                answer.layout, _panel(answer, index, topk), cells, placement,
                                _labels(answer, index)),
                None if info.times is None else float(info.time_of(index)))
    return replace(answer, video=path)


def _panel(answer: Recognition, index: int, topk: int) -> Panel:
    """Return what stands below frame number ``index``."""
    notes = answer.notes_at(index)
    # Room for a note of a window that shows nobody: all frames are of one size.
    room = len(answer.notes) + (answer.timeline is not None) - len(notes)
    best = tuple((entry['class'], entry['score']) for entry in answer.top(topk, index))
    limit = None if answer.attention is None else answer.attention.limit
    people = len(answer.tracks) or answer.skeleton.people()
    title = answer.name
    if answer.modality != 'both':
        title = f'{title}: {MODALITIES[answer.modality]}'
    return Panel(title, best, (*notes, *[''] * room), limit, people, answer.trained_on)


def _labels(answer: Recognition, index: int) -> list[str]:
    """Return what stands at each person in frame number ``index``, where each has an answer."""
    best = (person.top(1, index)[0] for person in answer.tracks)
    return [f'{entry["class"]} {entry["score"]:.0%}' for entry in best]


def write_timeline(answer: Recognition, timeline: Timeline, path: str | Path, topk: int) -> None:
    """Draw the scores of an answer over time; arguments as for :func:`write_annotated`."""
    names = [answer.class_name(label) for label in range(timeline.smoothed.shape[1])]
    centres = (timeline.cells[:-1] + timeline.cells[1:]) // 2
    people = np.array([timeline.people_at(int(centre)) for centre in centres])
    write_picture(
        path,
        timeline_figure(answer.name, names, timeline.info.time_of(timeline.cells),
                        timeline.smoothed, people, timeline.segments(), topk))
