"""The table of checks, and running them so that one that fails does not stop the others."""
from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import InputError
from ..files import write_text

if TYPE_CHECKING:
    from .context import Context

PASS, FAIL, LEFT_OUT = 'pass', 'fail', 'left out'

# What a check may need besides other checks: the reason why it is lacking, or None.
NEEDS: dict[str, Callable[[], str | None]] = {
    'PyAV': lambda: None if find_spec('av') else 'PyAV is missing (pip install av)',
}

#: What a check that passes says in one line, and what it measured.
Figures = dict[str, Any]
Outcome = tuple[str, Figures]
Run = Callable[['Context'], Outcome]


class CheckFailed(Exception):
    """A check found something wrong.

    Args:
        reason: What, in one line.
        figures: What was measured.
    """

    def __init__(self, reason: str, figures: dict | None = None) -> None:
        super().__init__(reason)
        self.figures = figures or {}


class Check(NamedTuple):
    """One check.

    Attributes:
        name: Its name in the table and for ``--only``.
        run: Takes a :class:`~mmaction_d3d.gpu_check.context.Context`; returns one line and a dict
            of figures, or raises.
        needs: Keys of :data:`NEEDS`, and checks that must have passed before.
    """
    name: str
    run: Run
    needs: tuple[str, ...]


@dataclass
class Result:
    """How a check ended: ``state`` is ``'pass'``, ``'fail'`` or ``'left out'``."""
    name: str
    state: str
    seconds: float
    note: str
    figures: dict = field(default_factory=dict)
    trace: str = ''


CHECKS: dict[str, Check] = {}
"""All checks by name, in the order in which they run."""


def check(name: str, needs: Sequence[str] = ()) -> Callable[[Run], Run]:
    """Add the decorated function to :data:`CHECKS`."""

    def add(run: Run) -> Run:
        CHECKS[name] = Check(name, run, tuple(needs))
        return run

    return add


def selected(names: Iterable[str] | None = None) -> list[Check]:
    """Return the checks of these names with those that they need, in the order of the table.

    Args:
        names: Defaults to None: all.

    Raises:
        InputError: There is no check of that name.
    """
    wanted = list(CHECKS if names is None else names)
    for name in wanted:  # grows while it is walked
        if name not in CHECKS:
            raise InputError('command line', '--only', name, f'one of {", ".join(CHECKS)}')
        wanted += [need for need in CHECKS[name].needs if need in CHECKS and need not in wanted]
    return [check for check in CHECKS.values() if check.name in wanted]


def run_checks(context: Context, checks: Sequence[Check]) -> list[Result]:
    """Run checks one after the other, with a line of progress before and after each.

    After each one ``context.report`` is written anew, so that a run which is stopped leaves what it
    found.

    Args:
        context: Where and at what size.
        checks: As :func:`selected` gives them.
    """
    results: list[Result] = []
    for number, check in enumerate(checks, 1):
        print(f'[{number}/{len(checks)}] {check.name} ...', flush=True)
        results.append(_run_one(check, context, results))
        done = results[-1]
        print(
            f'[{number}/{len(checks)}] {check.name}: {done.state}, {done.seconds:.1f} s: '
            f'{done.note}', flush=True)
        content = dict(context.describe(), checks=[asdict(result) for result in results])
        write_text(context.report, json.dumps(content, indent=1, default=str) + '\n')
    return results


def _run_one(check: Check, context: Context, before: list[Result]) -> Result:
    states = {result.name: result.state for result in before}
    for need in check.needs:
        if need in NEEDS:
            lacking = NEEDS[need]()
        else:
            lacking = None if states.get(need) == PASS else f'{need} did not pass'
        if lacking:
            return Result(check.name, LEFT_OUT, 0., lacking)
    begin = time.monotonic()
    try:
        note, figures = check.run(context)
    except Exception as error:  # of any kind: this is what the check is for
        context.free()
        return Result(check.name, FAIL,
                      time.monotonic() - begin, _reason(error), getattr(error, 'figures', {}),
                      traceback.format_exc())
    context.free()
    return Result(check.name, PASS, time.monotonic() - begin, note, figures)


def _reason(error: Exception) -> str:
    text = ' '.join(str(error).split())[:300]
    return text if isinstance(error,
                              (CheckFailed, InputError)) else (f'{type(error).__name__}: {text}')


def table(results: Sequence[Result]) -> str:
    """Return the results as lines to print."""
    rows = [('check', 'result', 'seconds', 'what was found')]
    rows += [(r.name, r.state, f'{r.seconds:.1f}', r.note) for r in results]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        '  '.join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[3]])
        for row in rows
    ]
    counts = [
        f'{sum(r.state == state for r in results)} {state}' for state in (PASS, FAIL, LEFT_OUT)
    ]
    return '\n'.join([*lines, ', '.join(counts)])
