"""A frame of an annotated video: skeletons, attention, and a panel with the answer."""
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw

from ..skeletons import SkeletonLayout
from .heat import Placement, draw_cells
from .palette import HEAT, person_colour, scale_colours
from .people import draw_people, label_people
from .sheet import sheet
from .text import fitted, font

_BACK, _EMPTY, _TEXT, _FAINT = (18, 18, 22), (45, 45, 52), (240, 240, 240), (150, 150, 158)
_BAR, _WARN = (70, 150, 255), (255, 176, 32)
_SIDE = 480  # pixels of a picture's longer side, and at least of a panel, for its text
_LINE = 24


class Panel(NamedTuple):
    """What stands below the pictures.

    Attributes:
        title: Name of the video.
        answer: The best classes and their scores.
        notes: What to know of the answer; an empty one keeps its line.
        limit: Attention that is drawn brightest; None where none is drawn.
        people: How many people's colours to explain.
        trained_on: The data that the model was trained on; None where that is not said.
    """
    title: str
    answer: tuple[tuple[str, float], ...]
    notes: tuple[str, ...] = ()
    limit: float | None = None
    people: int = 0
    trained_on: str | None = None


def picture_size(height: int, width: int) -> tuple[int, int]:
    """Height and width, even, at which a frame of that size is drawn."""
    scale = _SIDE / max(height, width)
    height, width = (max(2, round(side * scale / 2) * 2) for side in (height, width))
    return height, width


def annotated_frame(frame: np.ndarray, people: np.ndarray, layout: SkeletonLayout, panel: Panel,
                    cells: np.ndarray | None = None, placement: Placement | None = None,
                    labels: Sequence[str] = ()) -> np.ndarray:
    """Draw a frame with its skeletons, beside it with attention, and the panel below.

    Args:
        frame: H x W x 3 uint8 RGB.
        people: x and y in pixels of ``frame`` and score, M x V x 3.
        layout: Of one person.
        panel: What stands below.
        cells: Attention on the model's cells, h x w in [0, 1]. Defaults to None, none is drawn.
        placement: Where the model's input lies in the frame.
        labels: What stands at each person.

    Returns:
        H' x W' x 3 uint8 RGB with even sides.
    """
    size = picture_size(*frame.shape[:2])
    plain = cv2.resize(
        frame, size[::-1],
        interpolation=cv2.INTER_AREA if size[0] < frame.shape[0] else cv2.INTER_CUBIC)
    pictures = [plain.copy()]
    placed = people * (*np.divide(size, frame.shape[:2])[::-1], 1)
    draw_people(pictures[0], placed, layout)
    label_people(pictures[0], placed, labels)
    if cells is not None:
        height, width = frame.shape[:2]
        pictures.append(draw_cells(plain, cells, (height, width), placement))
    row = sheet([pictures], gap=0)
    spare = max(0, _SIDE - row.shape[1])
    row = np.pad(row, [(0, 0), (spare // 2, spare - spare // 2), (0, 0)])
    return sheet([[row], [draw_panel(row.shape[1], panel)]], gap=0)


@lru_cache(maxsize=1)  # most often it is that of the frame before
def draw_panel(width: int, panel: Panel) -> np.ndarray:
    """Draw the strip below the pictures, H x width x 3 uint8 RGB with even H."""
    lines = (1 + len(panel.answer) + len(panel.notes) + (panel.people > 0) +
             (panel.limit is not None) + (panel.trained_on is not None))
    image = Image.new('RGB', (width, 14 + _LINE * lines), _BACK)
    pen, text, y = ImageDraw.Draw(image), font(15), 7
    pen.text((8, y), fitted(panel.title, text, width - 16), _TEXT, text)
    y += _LINE
    names = min(max((text.getlength(name) for name, _ in panel.answer), default=0), width * 0.4)
    left, right = 8 + names + 10, width - 76
    for name, score in panel.answer:
        pen.text((8, y), fitted(name, text, names + 1), _TEXT, text)
        pen.rectangle((left, y + 3, right, y + 15), _EMPTY)
        if score > 0:
            pen.rectangle((left, y + 3, left + (right - left) * min(score, 1), y + 15), _BAR)
        pen.text((right + 8, y), f'{score:.1%}', _TEXT, text)
        y += _LINE
    for note in panel.notes:
        note = fitted(note, text, width - 16)
        if note:
            pen.rectangle((4, y, 12 + text.getlength(note), y + 20), _WARN)
            pen.text((8, y), note, _BACK, text)
        y += _LINE
    if panel.people:
        for number in range(panel.people):
            x = 8 + 110 * number
            pen.rectangle((x, y + 4, x + 12, y + 16), person_colour(number))
            pen.text((x + 18, y), f'person {number + 1}', _FAINT, text)
        y += _LINE
    if panel.limit is not None:
        _draw_colour_bar(image, y, panel.limit)
        y += _LINE
    if panel.trained_on is not None:
        pen.text((8, y), fitted(f'trained on: {panel.trained_on}', text, width - 16), _FAINT, text)
    return np.array(image)


def _draw_colour_bar(image: Image.Image, y: int, limit: float) -> None:
    pen, text = ImageDraw.Draw(image), font(15)
    label, end = 'attention on a cell  0', f'{limit:.2%}'
    start = 8 + int(text.getlength(label)) + 8
    length = max(40, min(220, image.width - start - int(text.getlength(end)) - 16))
    colours = scale_colours(np.linspace(0, 1, length), HEAT)
    image.paste(Image.fromarray(np.repeat(colours[None], 12, 0)), (start, y + 4))
    pen.text((8, y), label, _FAINT, text)
    pen.text((start + length + 8, y), end, _FAINT, text)
