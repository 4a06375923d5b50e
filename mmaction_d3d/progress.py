"""How far a long job is: a bar on a terminal, else a plain line every now and then."""
from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Iterable, Iterator, Sized
from datetime import timedelta
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress as Screen

_PAUSE, _BLINK = 10., 0.1  # seconds at least between two lines, and between two states of a bar
_NEVER = 1e9  # seconds left, from which on nothing is said of them

Item = TypeVar('Item')


class Progress:
    """Counts on stderr what is finished, to be used in a ``with`` statement.

    A bar on a terminal is gone when its job is done, however that ends; one inside another stands
    below it. Elsewhere a job that takes a few seconds says nothing.

    Args:
        name: Of what is counted, in the plural.
        total: How many there are.
        done: How many of them an earlier run did: they give no speed.
        shown: Whether to say anything at all.

    Attributes:
        detail: What is being done, for the reader.
        done: How many are finished.
        total: May change, as where videos turn out to be shorter than they say.
    """
    _screen: Screen | None = None  # of all bars: a terminal has room for one

    def __init__(self, name: str, total: float, done: float = 0, shown: bool = True) -> None:
        self.name, self.total, self.done, self.detail = name, total, done, ''
        self._at_start = done
        self._shown, self._owner = shown, False

    def __enter__(self) -> Self:
        self._start = self._said = time.monotonic()
        self._told: tuple[float, float] | None = None  # what the last line said
        if self._shown and Progress._screen is None and sys.stderr.isatty():
            Progress._screen, self._owner = _make_screen(), True
        self._screen = Progress._screen if self._shown else None
        if self._screen is not None:
            self._task = self._screen.add_task(self.name, total=self.total, rest='')
        return self

    def __exit__(self, *_: object) -> None:
        if self._screen is not None:
            self._screen.remove_task(self._task)
            self._screen.refresh()
        elif self._told not in (None, (self.done, self.total)):
            self._say()
        if self._owner and self._screen is not None:
            self._screen.stop()
            Progress._screen = None

    def step(self, count: float = 1) -> None:
        """Count what has been finished since."""
        self.reach(self.done + count)

    def reach(self, done: float) -> None:
        """Say how many are finished by now."""
        self.done = done
        pause = _PAUSE if self._screen is None else _BLINK
        if self._shown and time.monotonic() - self._said >= pause:
            self._say()

    def _say(self) -> None:
        self._said, self._told = time.monotonic(), (self.done, self.total)
        new, passed = self.done - self._at_start, max(self._said - self._start, 1e-3)
        rest = f' ({self.detail})' if self.detail else ''
        left = passed / new * max(self.total - self.done, 0) if new > 0 else _NEVER
        if left < _NEVER:  # sums of shares may differ by rounding alone
            rest += f', {new / passed:.3g} a second, {timedelta(seconds=round(left))} left'
        if self._screen is None:
            print(f'{self.name}: {self.done:.0f}/{self.total:.0f}{rest}', file=sys.stderr,
                  flush=True)
        else:
            self._screen.update(self._task, completed=self.done, total=self.total, rest=rest,
                                refresh=True)


def track(items: Iterable[Item], name: str, total: int | None = None) -> Iterator[Item]:
    """Yield items and count each once the next one is asked for.

    Args:
        items: Any.
        name: Of them, in the plural.
        total: How many there are. Defaults to None: ``len(items)``.
    """
    if total is None:
        assert isinstance(items, Sized)
        total = len(items)
    with Progress(name, total) as progress:
        for item in items:
            yield item
            progress.step()


def _make_screen() -> Screen:
    """Start what draws the bars; whoever calls draws them anew, so that there is no thread."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    screen = Progress(
        TextColumn('{task.description}'), BarColumn(),
        TextColumn('{task.completed:.0f}/{task.total:.0f}{task.fields[rest]}'),
        console=Console(file=sys.stderr), transient=True, auto_refresh=False,
        redirect_stdout=sys.stdout.isatty())  # what goes to a file must not go to the terminal
    screen.start()
    atexit.register(screen.stop)  # where the job's own end is never reached
    return screen
