"""Pictures of an annotated frame: attention, and a panel with the answer."""
import os

import cv2
import matplotlib
import numpy as np
from matplotlib import colormaps
from PIL import Image, ImageDraw, ImageFont

from ..evaluation.attention_maps import CELL
from ..visualization.palette import person_colour

_BACK, _TEXT, _FAINT, _BAR, _WARN = (18, 18, 22), (240, 240, 240), (150, 150,
                                                                    158), (70, 150, 255), (255, 176,
                                                                                           32)
_SIDE = 480  # pixels of a picture's longer side
_LINE = 24


def font(size):
    """Return the font that matplotlib brings along."""
    path = os.path.join(matplotlib.get_data_path(), 'fonts', 'ttf', 'DejaVuSans.ttf')
    return ImageFont.truetype(path, size)


def picture_size(height, width):
    """Height and width, even, at which a frame of that size is drawn."""
    scale = _SIDE / max(height, width)
    return tuple(max(2, round(side * scale / 2) * 2) for side in (height, width))


def draw_attention(picture, cells, limit, placement, size):
    """Lay attention over a frame; what the model's crop leaves out stays grey.

    Args:
        picture (np.ndarray): The frame, H x W x 3 uint8 RGB.
        cells (np.ndarray): Attention on the model's cells, h x w.
        limit (float): Value that is drawn brightest.
        placement (tuple): Of ``TestPipeline.placement``.
        size (tuple[int]): Height and width of the frame itself.

    Returns:
        np.ndarray: H x W x 3 uint8 RGB.
    """
    maps, inside = [], []
    for (scale, shift), drawn, frame, length, count in zip(placement[:2], picture.shape[1::-1],
                                                           size[::-1], placement[2][::-1],
                                                           cells.shape[::-1]):
        # Where the centres of the picture's pixels lie in the model's input.
        place = scale * (np.arange(drawn) + 0.5) * frame / drawn + shift
        maps.append(np.floor((place - 0.5) / CELL + 0.5).astype(int).clip(0, count - 1))
        inside.append((place >= 0) & (place < length))
    # As `overlay.blend`, but only cells are coloured, not every pixel: ten times as fast.
    colours = (255 * colormaps['inferno'](cells / max(limit, 1e-12))[..., :3]).astype(np.uint8)
    heat = colours[np.ix_(*maps[::-1])]
    heat[~np.logical_and.outer(*inside[::-1])] = 0
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(grey, 0.55, heat, 0.75, 0)


def draw_panel(width, title, answer, notes, limit, people):
    """Draw the strip below the pictures.

    Args:
        width (int): Pixels.
        title (str): Name of the video.
        answer (list[tuple[str, float]]): The best classes and their scores.
        notes (list[str]): What to know of the answer.
        limit (float | None): Attention that is drawn brightest; None where none is drawn.
        people (int): People whose colours to explain.

    Returns:
        np.ndarray: H x width x 3 uint8 RGB.
    """
    lines = 1 + len(answer) + len(notes) + (people > 0) + (limit is not None)
    image = Image.new('RGB', (width, 14 + _LINE * lines), _BACK)
    pen, text, y = ImageDraw.Draw(image), font(15), 7
    pen.text((8, y), _fitted(title, text, width - 16), _TEXT, text)
    y += _LINE
    names = min(max((text.getlength(name) for name, _ in answer), default=0), width * 0.4)
    left, right = 8 + names + 10, width - 76
    for name, score in answer:
        pen.text((8, y), _fitted(name, text, names + 1), _TEXT, text)
        pen.rectangle((left, y + 3, right, y + 15), (45, 45, 52))
        if score > 0:
            pen.rectangle((left, y + 3, left + (right - left) * min(score, 1), y + 15), _BAR)
        pen.text((right + 8, y), f'{score:.1%}', _TEXT, text)
        y += _LINE
    for note in notes:
        note = _fitted(note, text, width - 16)
        if note:
            pen.rectangle((4, y, 12 + text.getlength(note), y + 20), _WARN)
            pen.text((8, y), note, _BACK, text)
        y += _LINE
    if people:
        x = 8
        for number in range(people):
            pen.rectangle((x, y + 4, x + 12, y + 16), person_colour(number))
            pen.text((x + 18, y), f'person {number + 1}', _FAINT, text)
            x += 110
        y += _LINE
    if limit is not None:
        _draw_colour_bar(image, pen, text, y, width, limit)
    return np.asarray(image)


def _draw_colour_bar(image, pen, text, y, width, limit):
    label, end = 'attention on a cell  0', f'{limit:.2%}'
    start = 8 + int(text.getlength(label)) + 8
    length = max(40, min(220, width - start - int(text.getlength(end)) - 16))
    colours = (255 * colormaps['inferno'](np.linspace(0, 1, length))[:, :3]).astype(np.uint8)
    image.paste(Image.fromarray(np.repeat(colours[None], 12, 0)), (start, y + 4))
    pen.text((8, y), label, _FAINT, text)
    pen.text((start + length + 8, y), end, _FAINT, text)


def _fitted(words, text, width):
    """Return a text, shortened in the middle until it fits."""
    if text.getlength(words) <= width:
        return words
    half = len(words) // 2
    while half > 1 and text.getlength(f'{words[:half]}…{words[-half:]}') > width:
        half -= 1
    return f'{words[:half]}…{words[-half:]}'
