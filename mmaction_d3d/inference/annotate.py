"""The annotated video of a source, drawn in a second pass over its frames."""
import cv2
import numpy as np

from ..media import Frames, h264_writer
from ..visualization.people import draw_people
from .drawing import draw_attention, draw_panel, picture_size
from .output import best_classes
from .skeletons import people_found

_LEAST_WIDTH = 480  # that a panel's text needs


def write_annotated(recognised, path, layout, classes, topk, pipeline):
    """Draw skeletons, attention and bars over every frame; one frame is in memory.

    Args:
        recognised (Recognised): The source, with its answer.
        path (str): The mp4.
        layout (SkeletonLayout): Of one person.
        classes (list[str] | None): Names of the classes.
        topk (int): Bars.
        pipeline (TestPipeline): Says where the model's input lies in a frame.

    Raises:
        InputError: No frame can be decoded, or the file cannot be written.
    """
    painter = _Painter(recognised, layout, classes, topk, pipeline)
    with h264_writer(path, recognised.info.fps) as write:
        for index, frame in enumerate(Frames(recognised.source)):
            write(painter.draw(index, frame.rgb()))


class _Painter:
    """Draws the frames of one video."""

    def __init__(self, recognised, layout, classes, topk, pipeline):
        self._recognised, self._layout = recognised, layout
        self._classes, self._topk = classes, topk
        info, skeleton = recognised.info, recognised.skeleton
        self._size = info.height, info.width
        self._people = people_found(skeleton)
        scale = np.array(
            [info.width / skeleton['img_shape'][1], info.height / skeleton['img_shape'][0]])
        self._picture = picture_size(*self._size)
        self._scale = scale * self._picture[::-1] / np.array(self._size[::-1])
        self._placement = None
        if recognised.attention is not None:
            self._placement = pipeline.placement(*self._size)
        self._panel = None, None  # what it was drawn of, and the drawing

    def draw(self, index, frame):
        """Return the annotated frame number ``index``, H x W x 3 uint8 RGB, at even sides."""
        recognised = self._recognised
        small = frame.shape[0] > self._picture[0]
        plain = cv2.resize(frame, self._picture[::-1],
                           interpolation=cv2.INTER_AREA if small else cv2.INTER_CUBIC)
        pictures = [plain.copy()]
        draw_people(pictures[0], self._joints(index), self._layout)
        if recognised.attention is not None:
            pictures.append(
                draw_attention(plain, recognised.attention.at(index), recognised.attention.limit,
                               self._placement, self._size))
        row = np.concatenate(pictures, axis=1)
        spare = max(0, _LEAST_WIDTH - row.shape[1])
        row = np.pad(row, [(0, 0), (spare // 2, spare - spare // 2), (0, 0)])
        return np.concatenate([row, self._panel_at(index, row.shape[1])])

    def _joints(self, index):
        skeleton = self._recognised.skeleton
        index = min(index, skeleton['total_frames'] - 1)
        return np.concatenate([
            skeleton['keypoint'][:, index] * self._scale, skeleton['keypoint_score'][:, index, :,
                                                                                     None]
        ], axis=-1)

    def _panel_at(self, index, width):
        recognised = self._recognised
        scores, notes = recognised.scores_at(index), recognised.notes_at(index)
        key = scores.tobytes(), tuple(notes)
        if self._panel[0] != key:
            answer = [(best['class'], best['score'])
                      for best in best_classes(scores, self._classes, self._topk)]
            limit = None if recognised.attention is None else recognised.attention.limit
            # Room for a note of a window that shows nobody: all frames are of one size.
            room = len(recognised.notes) + (recognised.timeline is not None) - len(notes)
            shown = [*notes, *[''] * room]
            panel = draw_panel(width, recognised.name, answer, shown, limit, self._people)
            self._panel = key, panel[:panel.shape[0] // 2 * 2]
        return self._panel[1]
