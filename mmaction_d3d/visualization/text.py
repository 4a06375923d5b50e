"""Words in pictures: captions and labels."""
import textwrap
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .palette import Colour

_SIZE, _LINE = 11, 15  # pixels of a caption's letters and lines


@cache
def font(size: int, name: str = 'DejaVuSans') -> ImageFont.FreeTypeFont:
    """Return a font that matplotlib brings along."""
    path = Path(matplotlib.get_data_path(), 'fonts', 'ttf', f'{name}.ttf')
    return ImageFont.truetype(str(path), size)


def caption(text: str, width: int) -> np.ndarray:
    """Return a black strip with a text, its lines broken to the width; H x width x 3 uint8 RGB."""
    face = font(_SIZE, 'DejaVuSansMono')
    lines = textwrap.wrap(text, int((width - 8) / face.getlength(' ')))
    image = Image.new('RGB', (width, 4 + _LINE * len(lines)))
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((4, 1 + _LINE * number), line, 'white', face)
    return np.array(image)


def fitted(text: str, face: ImageFont.FreeTypeFont, width: float) -> str:
    """Shorten a text in the middle until it fits; what cannot be drawn becomes a blank."""
    text = ''.join(letter if letter.isprintable() else ' ' for letter in text)
    if face.getlength(text) <= width:
        return text
    half = len(text) // 2
    while half > 1 and face.getlength(f'{text[:half]}…{text[-half:]}') > width:
        half -= 1
    return f'{text[:half]}…{text[-half:]}'


def write(picture: np.ndarray, text: str, place: tuple[int, int], colour: Colour,
          size: int) -> None:
    """Write a label, edged in black, into a picture.

    Args:
        picture: H x W x 3 uint8 RGB, changed.
        text: One line.
        place: x and y of the middle of its lower edge.
        colour: Of the letters.
        size: Of the letters, in pixels.
    """
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).text(place, text, colour, font(size), anchor='mb', stroke_fill='black',
                               stroke_width=max(1, size // 10))
    picture[:] = image
