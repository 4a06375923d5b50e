"""What the model sees of a clip: its frames with skeleton, and the joints' heatmaps."""
from itertools import chain

import cv2
import numpy as np

from ..evaluation.clip_view import ClipView
from ..skeletons import SkeletonLayout
from .heat import draw_heat
from .palette import side_colours
from .people import enlarged, with_people
from .sheet import even, in_rows, sheet
from .text import caption


def draw_heatmaps(frame: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Lay heatmaps, h x w in [0, 1], over an enlarged frame.

    On the model's grid, of half the frame's size, cell i is centred on pixel 2i; a grid of another
    size lies evenly over the frame.
    """
    large = enlarged(frame)
    height, width = frame.shape[:2]
    if heat.shape == ((height + 1) // 2, (width + 1) // 2):
        # Drawn pixel u is centred on x = (u + 0.5) / scale, which is cell x / 2 - 0.25.
        scale = large.shape[0] / height
        step, start = 0.5 / scale, 0.25 / scale - 0.25
        heat = cv2.warpAffine(np.ascontiguousarray(heat, np.float32),
                              np.array([[step, 0, start], [0, step, start]]), large.shape[1::-1],
                              flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                              borderMode=cv2.BORDER_REPLICATE)
    else:
        heat = cv2.resize(heat.astype(np.float32), large.shape[1::-1])
    return draw_heat(large, heat)


def draw_clip(view: ClipView, layout: SkeletonLayout) -> list[np.ndarray]:
    """Draw each frame: above with its skeleton, below with the heatmaps; T pictures of one size.

    Heatmaps of another number of frames (MMAction2's own pipelines) are those of the nearest time.
    """
    pictures = []
    for t, frame in enumerate(view.frames):
        joints = np.zeros((0, 3)) if view.joints is None else view.joints[t]
        near = (2 * t + 1) * len(view.heat) // (2 * len(view.frames))
        pictures.append(
            np.concatenate([
                with_people(frame, joints, layout, side_colours(layout)),
                draw_heatmaps(frame, view.heat[near])
            ]))
    return pictures


def contact_sheet(views: list[ClipView], layout: SkeletonLayout) -> np.ndarray:
    """All frames of the clips as one picture: two rows a clip under its caption."""
    rows = [sheet([draw_clip(view, layout)]) for view in views]
    return sheet(
        list(
            chain.from_iterable(
                ([caption(view.caption, row.shape[1])], [row]) for view, row in zip(views, rows))))


def clip_video(views: list[ClipView], layout: SkeletonLayout) -> np.ndarray:
    """Return the clips beside one another, in time; T x H x W x 3 with even sides.

    A clip with fewer frames than the longest stays at its last one.
    """
    drawn = [draw_clip(view, layout) for view in views]
    width = max(360, max(pictures[0].shape[1] for pictures in drawn))
    captions = [caption(view.caption, width) for view in views]
    columns = -(-len(views) // max(1, round(len(views)**0.5 / 1.4)))
    frames = []
    for t in range(max(map(len, drawn))):
        cells = [
            sheet([[words], [pictures[min(t,
                                          len(pictures) - 1)]]])
            for words, pictures in zip(captions, drawn)
        ]
        frames.append(even(sheet(in_rows(cells, columns))))
    return np.stack(frames)
