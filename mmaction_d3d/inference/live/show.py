"""What is shown of live answers: lines of text, a window, a stream for a browser."""
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import cv2
import numpy as np

from ...errors import InputError
from ...skeletons import SkeletonLayout
from ...visualization.annotated import Panel, annotated_frame
from .recognize import LiveView

_WORDS = 'd3d infer --live'


class Screen(Protocol):
    """Where a drawn frame goes."""

    def __call__(self, picture: np.ndarray) -> bool:
        """Show H x W x 3 uint8 RGB; whether to go on."""


def line_of(view: LiveView) -> str:
    """Return an answer, and how fast it came, as a line."""
    assert view.answer is not None
    notes = ''.join(f', {note}' for note in view.answer.notes)
    return (f'{view.seconds:7.1f} s  {view.answer.label} {view.answer.score:.0%}{notes}  '
            f'({speed_of(view)})')


def speed_of(view: LiveView) -> str:
    """Return how fast answers come."""
    return (f'latency {1000 * view.latency:.0f} ms, {view.windows_per_second:.1f} windows/s, '
            f'{view.frames_per_second:.1f} frames/s, {view.dropped} dropped')


class Lines:
    """Prints a line where the label changes, and once a second."""

    def __init__(self) -> None:
        self._label, self._last = '', -np.inf

    def __call__(self, view: LiveView) -> None:
        """Print what is new of a view."""
        if view.answer is None or not view.is_new:
            return
        if view.answer.label != self._label or view.seconds >= self._last + 1:
            self._label, self._last = view.answer.label, view.seconds
            print(line_of(view), flush=True)


def draw(view: LiveView, layout: SkeletonLayout, topk: int) -> np.ndarray:
    """Draw a frame with its skeletons and the newest answer; H x W x 3 uint8 RGB."""
    answer = view.answer
    panel = Panel('the first window is not full yet', ())
    if answer is not None:
        best = tuple((entry['class'], entry['score']) for entry in answer.top(topk))
        panel = Panel(speed_of(view), best, answer.notes or ('', ), trained_on=answer.trained_on)
    return annotated_frame(view.image, view.people, layout, panel)


@contextmanager
def window(title: str = _WORDS) -> Iterator[Screen]:
    """Open a window, which ``q``, Escape or its button close.

    Raises:
        InputError: This OpenCV has none, or there is no display.
    """
    try:
        cv2.namedWindow(title)
    except cv2.error as error:
        raise InputError('command line', '--show', 'no window: this OpenCV or machine has none',
                         '--serve PORT, for a browser') from error

    def show(picture: np.ndarray) -> bool:
        cv2.imshow(title, picture[..., ::-1])
        key = cv2.waitKey(1) & 0xFF
        return key not in (ord('q'), 27) and cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) >= 1

    try:
        yield show
    finally:
        cv2.destroyAllWindows()
