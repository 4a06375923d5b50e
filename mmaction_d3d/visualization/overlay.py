"""A sheet that shows a clip, where its attention lies and which joints it reads."""
from typing import Optional, Sequence

import cv2
import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from ..datasets.skeletons import SkeletonLayout
from .attention_maps import AttentionMaps

_FRAME_WIDTH = 1.3  # inches on the sheet


def draw_overlay(frames: np.ndarray, keypoint: np.ndarray, maps: AttentionMaps,
                 layout: SkeletonLayout, path: str, title: str,
                 show: Optional[Sequence[int]] = None) -> None:
    """Draw three rows of frames: the input, deformable attention, joint attention.

    Args:
        frames (np.ndarray): RGB clip as the model sees it, T x H x W x 3, uint8.
        keypoint (np.ndarray): Joints in pixels of ``frames`` and scores, T x R x 3.
        maps (AttentionMaps): The clip's attention.
        layout (SkeletonLayout): Joint layout, for the bones.
        path (str): PNG to write.
        title (str): Line above the sheet.
        show (sequence[int], optional): Frames to draw. Defaults to None, all of them.
    """
    show = range(len(frames)) if show is None else show
    height, width = frames.shape[1:3]
    rows = 2 if maps.joints is None else 3
    figure = Figure(figsize=(0.9 + _FRAME_WIDTH * len(show),
                             0.5 + rows * _FRAME_WIDTH * height / width), dpi=110)
    axes = figure.subplots(rows, len(show), squeeze=False)
    cells = maps.cells.numpy()
    limit = max(float(cells.max()), 1e-12)
    for column, t in enumerate(show):
        axes[0, column].imshow(frames[t])
        _draw_bones(axes[0, column], keypoint[t], layout)
        axes[0, column].set_title(f'frame {t}', fontsize=7)
        axes[1, column].imshow(blend(frames[t], cells[t] / limit))
        near = np.abs(maps.points[:, 2].numpy() - t) < 0.5
        axes[1, column].scatter(*maps.points[near, :2].T, s=4, c='white', linewidths=0)
        if rows == 3:
            axes[2, column].imshow(frames[t] // 3)
            _draw_joint_attention(axes[2, column], keypoint[t], maps.joints[t].numpy(),
                                  float(maps.joints.max()))
    names = ['frame and\nskeleton', 'deformable\nattention', 'joint\nattention']
    for row in range(rows):
        axes[row, 0].set_ylabel(names[row], fontsize=8)
        for axis in axes[row]:
            axis.set(xticks=[], yticks=[], xlim=(0, width), ylim=(height, 0))
    figure.suptitle(title, fontsize=9)
    figure.tight_layout(pad=0.4)
    figure.savefig(path)


def blend(frame: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Lay attention, h x w in [0, 1], over a frame; the frame stays visible in grey."""
    heat = cv2.resize(heat.astype(np.float32), frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    grey = frame.mean(axis=-1, keepdims=True).repeat(3, axis=-1) / 255
    colour = colormaps['inferno'](heat)[..., :3]
    return np.clip(0.55 * grey + 0.75 * colour, 0, 1)


def _draw_bones(axis, joints: np.ndarray, layout: SkeletonLayout) -> None:
    """Draw the visible bones of each person."""
    for person in joints.reshape(-1, len(layout.joints), 3):
        for first, second in layout.edges:
            if min(person[first, 2], person[second, 2]) > 0:
                axis.plot(*person[[first, second], :2].T, color='lime', linewidth=0.7)


def _draw_joint_attention(axis, joints: np.ndarray, received: np.ndarray, limit: float) -> None:
    """Draw each visible joint as a dot that grows and brightens with its attention."""
    seen = joints[:, 2] > 0
    share = received[seen] / max(limit, 1e-12)
    axis.scatter(*joints[seen, :2].T, s=3 + 40 * share, c=share, cmap='plasma', vmin=0, vmax=1,
                 linewidths=0)
