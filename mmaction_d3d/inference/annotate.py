"""The annotated video and the timeline of a source: what is to be drawn, and into which file."""
import os
from collections.abc import Sequence

import numpy as np

from ..media import Frames, h264_writer
from ..skeletons import SkeletonLayout
from ..visualization.annotated import Panel, annotated_frame
from ..visualization.figure import write_picture
from ..visualization.timeline import timeline_figure
from .clips import TestPipeline
from .output import best_classes, class_name
from .recognised import Recognised
from .skeletons import people_found


def write_annotated(recognised: Recognised, path: str | os.PathLike, layout: SkeletonLayout,
                    classes: Sequence[str] | None, topk: int, pipeline: TestPipeline) -> None:
    """Draw skeletons, attention and bars over every frame; one frame is in memory.

    Args:
        recognised: The source, with its answer.
        path: The mp4.
        layout: Of one person.
        classes: Names of the classes.
        topk: Bars.
        pipeline: Says where the model's input lies in a frame.

    Raises:
        InputError: No frame can be decoded, or the file cannot be written.
    """
    info, skeleton, attention = recognised.info, recognised.skeleton, recognised.attention
    scale = np.divide((info.width, info.height), skeleton['img_shape'][::-1])
    people = np.concatenate([skeleton['keypoint'] * scale, skeleton['keypoint_score'][..., None]],
                            axis=-1)
    placement = None if attention is None else pipeline.placement(info.height, info.width)
    with h264_writer(path, info.fps) as write:
        for index, frame in enumerate(Frames(recognised.source)):
            cells = None if attention is None else attention.at(index) / max(attention.limit, 1e-12)
            write(
                annotated_frame(frame.rgb(), people[:, min(index, people.shape[1] - 1)], layout,
                                _panel(recognised, index, classes, topk), cells, placement))


def _panel(recognised: Recognised, index: int, classes: Sequence[str] | None, topk: int) -> Panel:
    """Return what stands below frame number ``index``."""
    notes = recognised.notes_at(index)
    # Room for a note of a window that shows nobody: all frames are of one size.
    room = len(recognised.notes) + (recognised.timeline is not None) - len(notes)
    best = best_classes(recognised.scores_at(index), classes, topk)
    return Panel(recognised.name, tuple(
        (entry['class'], entry['score']) for entry in best), (*notes, *[''] * room),
                 None if recognised.attention is None else recognised.attention.limit,
                 people_found(recognised.skeleton))


def write_timeline(recognised: Recognised, path: str | os.PathLike, classes: Sequence[str] | None,
                   topk: int) -> None:
    """Draw the scores of a source over time; arguments as for :func:`write_annotated`."""
    timeline = recognised.timeline
    names = [class_name(label, classes) for label in range(timeline.smoothed.shape[1])]
    people = [timeline.people_at(int(centre)) for centre in timeline.cell_centres()]
    write_picture(
        path,
        timeline_figure(recognised.name, names,
                        timeline.cells() / float(timeline.info.fps), timeline.smoothed, people,
                        timeline.segments(), topk))
