"""What the model sees of a clip: its frames with skeleton, and the joints' heatmaps."""
from typing import NamedTuple

import cv2
import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..errors import InputError
from ..models.layers.joint_heatmaps import joint_profiles
from ..skeletons import SkeletonLayout
from .overlay import blend
from .palette import side_colours
from .people import draw_people

_LEAST_SIDE = 160  # pixels of a drawn frame: smaller ones are enlarged by a whole factor
_GAP = 4


class ClipView(NamedTuple):
    """One clip as a pipeline packed it.

    Attributes:
        frames (np.ndarray): T x H x W x 3 uint8 RGB.
        joints (np.ndarray, optional): x, y in pixels of ``frames`` and score, T x R x 3; None where
            the pipeline packs none.
        heat (np.ndarray): The largest of the joints' heatmaps in each cell, T' x H/2 x W/2.
        caption (str): Name, class, flip and frame indices.
    """
    frames: np.ndarray
    joints: np.ndarray | None
    heat: np.ndarray
    caption: str


def view_clip(packed, dataset, sigma=1., use_score=True) -> ClipView:
    """Take a packed sample apart; of several clips (views) of a video, the first.

    Args:
        packed (dict): ``inputs`` and ``data_samples`` of the data set's pipeline.
        dataset (BaseDataset): For the class names.
        sigma (float): Standard deviation of the heatmaps, in cells, where the pipeline packs
            joints: the model makes the heatmaps.
        use_score (bool): Whether scores weight these.

    Raises:
        InputError: The pipeline packs no images, or neither joints nor heatmaps.
    """
    inputs, sample = packed['inputs'], packed['data_samples']
    imgs = inputs.get('imgs')
    if imgs is None or imgs.dtype != torch.uint8 or imgs.dim() != 5:
        found = 'nothing' if imgs is None else f'{imgs.dim()} axes of {imgs.dtype}'
        raise InputError('pipeline', 'imgs', found, 'clips x 3 x T x H x W of uint8')
    frames = imgs[0].permute(1, 2, 3, 0).numpy()
    joints = None
    if 'keypoint' in inputs:
        keypoint = inputs['keypoint'][:1].float()
        grid = [(side + 1) // 2 for side in frames.shape[1:3]]
        profiles = joint_profiles(keypoint, grid, sigma, use_score)
        joints = keypoint[0].numpy()
        heat = (profiles.rows[..., None] * profiles.columns[..., None, :])[0].amax(1).numpy()
    elif 'heatmap_imgs' in inputs:
        heat = inputs['heatmap_imgs'][0].float().amax(1).numpy()
    else:
        raise InputError('pipeline', 'inputs', sorted(inputs), 'keypoint or heatmap_imgs')
    return ClipView(frames, joints, heat, _caption(sample, dataset, len(imgs), len(frames)))


def _caption(sample, dataset, views, length):
    meta, label = sample.metainfo, int(sample.gt_label)
    name = meta.get('frame_dir') or meta.get('filename') or meta.get('img_dir')
    classes = dataset.metainfo.get('classes')
    parts = [str(name), f'class {label}' + (f' ({classes[label]})' if classes else '')]
    flip = meta.get('flip')
    parts.append('flip not recorded' if flip is None else 'flipped' if flip else 'not flipped')
    if views > 1:
        parts.append(f'view 1 of {views}')
    if meta.get('frame_inds') is not None:
        inds = ' '.join(str(index) for index in np.ravel(meta['frame_inds'])[:length])
        parts.append(f'frames {inds} of {meta.get("total_frames", "?")}')
    return ', '.join(parts)


def draw_skeletons(frame: np.ndarray, joints: np.ndarray, layout: SkeletonLayout,
                   scale: int) -> np.ndarray:
    """Enlarge a frame and draw its skeletons, in colours by side of the body.

    Args:
        frame (np.ndarray): H x W x 3 uint8 RGB.
        joints (np.ndarray): R x 3, x and y in pixels of ``frame`` and score.
        layout (SkeletonLayout): Of one person.
        scale (int): Drawn pixels a pixel.

    Returns:
        np.ndarray: scale*H x scale*W x 3 uint8 RGB.
    """
    picture = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    people = joints.reshape(-1, len(layout), 3) * (scale, scale, 1)
    draw_people(picture, people, layout, 1, side_colours(layout))
    return picture


def draw_heat(frame: np.ndarray, heat: np.ndarray, scale: int) -> np.ndarray:
    """Lay heatmaps, h x w in [0, 1], over an enlarged frame.

    On the model's grid, of half the frame's size, cell i is centred on pixel 2i; a grid of another
    size lies evenly over the frame.

    Returns:
        np.ndarray: scale*H x scale*W x 3 uint8 RGB.
    """
    large = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    height, width = frame.shape[:2]
    if heat.shape == ((height + 1) // 2, (width + 1) // 2):
        # Drawn pixel u is centred on x = (u + 0.5) / scale, which is cell x / 2 - 0.25.
        step, start = 0.5 / scale, 0.25 / scale - 0.25
        heat = cv2.warpAffine(np.ascontiguousarray(heat, np.float32),
                              np.array([[step, 0, start], [0, step, start]]), large.shape[1::-1],
                              flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                              borderMode=cv2.BORDER_REPLICATE)
    return (255 * blend(large, np.clip(heat, 0, 1))).astype(np.uint8)


def draw_clip(view: ClipView, layout: SkeletonLayout) -> list[np.ndarray]:
    """Draw each frame: above with its skeleton, below with the heatmaps; T pictures of one size.

    Heatmaps of another number of frames (MMAction2's own pipelines) are those of the nearest time.
    """
    height, width = view.frames.shape[1:3]
    scale = max(1, -(-_LEAST_SIDE // min(height, width)))
    pictures = []
    for t, frame in enumerate(view.frames):
        joints = np.zeros((0, 3)) if view.joints is None else view.joints[t]
        near = (2 * t + 1) * len(view.heat) // (2 * len(view.frames))
        pictures.append(
            np.concatenate([
                draw_skeletons(frame, joints, layout, scale),
                draw_heat(frame, view.heat[near], scale)
            ]))
    return pictures


def contact_sheet(views: list[ClipView], layout: SkeletonLayout) -> np.ndarray:
    """All frames of the clips as one picture: two rows a clip under its caption."""
    rows = []
    for view in views:
        row = _beside(draw_clip(view, layout))
        rows += [_text(view.caption, row.shape[1]), row]
    return _below(rows)


def clip_video(views: list[ClipView], layout: SkeletonLayout) -> np.ndarray:
    """Return the clips beside one another, in time; T x H x W x 3 with even sides.

    A clip with fewer frames than the longest stays at its last one.
    """
    drawn = [draw_clip(view, layout) for view in views]
    width = max(360, max(pictures[0].shape[1] for pictures in drawn))
    captions = [_text(view.caption, width) for view in views]
    columns = -(-len(views) // max(1, round(len(views)**0.5 / 1.4)))
    frames = []
    for t in range(max(map(len, drawn))):
        cells = [
            _below([caption, pictures[min(t,
                                          len(pictures) - 1)]])
            for caption, pictures in zip(captions, drawn)
        ]
        frame = _below(
            [_beside(cells[start:start + columns]) for start in range(0, len(cells), columns)])
        frames.append(np.pad(frame, [(0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0)]))
    return np.stack(frames)


def _beside(pictures):
    height = max(picture.shape[0] for picture in pictures)
    return np.concatenate([
        np.pad(picture, [(0, height - picture.shape[0]), (0, _GAP), (0, 0)]) for picture in pictures
    ], axis=1)


def _below(pictures):
    width = max(picture.shape[1] for picture in pictures)
    return np.concatenate([
        np.pad(picture, [(0, _GAP), (0, width - picture.shape[1]), (0, 0)]) for picture in pictures
    ])


def _text(text, width):
    """Return a strip with a caption, lines broken to the width."""
    letters = max(20, width // 7)
    lines = []
    for word in text.split(' '):
        if lines and len(lines[-1]) + 1 + len(word) <= letters:
            lines[-1] += f' {word}'
        else:
            lines += [word[i:i + letters] for i in range(0, len(word), letters)] or ['']
    height = 4 + 15 * len(lines)
    figure = Figure(figsize=(width / 100, height / 100), dpi=100, facecolor='black')
    canvas = FigureCanvasAgg(figure)
    figure.text(4 / width, 1 - 2 / height, '\n'.join(lines), color='white', fontsize=8,
                family='monospace', va='top', linespacing=1.2)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:height, :width, :3].copy()
