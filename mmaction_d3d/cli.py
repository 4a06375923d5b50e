"""How every command line tool of this project starts, and how it ends on a user's mistake."""
import argparse
import io
import json
import math
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeGuard, TypeVar

from .closed_output import ends_quietly
from .environment import explain, is_a_tool
from .errors import InputError, causes, find_system_mistake
from .version import __version__

Input = TypeVar('Input')

# The head of the line that torch's data loader workers and chained tracebacks put before the text.
_HEAD = f'{InputError.__name__}: '


class _OutOfRange(argparse.ArgumentTypeError):

    def __init__(self, found: object, want: str) -> None:
        super().__init__(f'found {found}, want {want}')
        self.found, self.want = found, want


class Parser(argparse.ArgumentParser):
    """Parser of a tool's command line: with ``--debug`` and ``--version``.

    A value that :func:`number` refuses is an :class:`InputError`; whatever else is wrong ends as
    argparse always does, with exit code 2 and the tool's usage.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(exit_on_error=False, **kwargs)
        self.add_argument('--debug', action='store_true',
                          help='show the traceback of a wrong input, too')
        self.add_argument('--version', action='version', version=f'mmaction_d3d {__version__}',
                          help='show the version and exit')

    def parse_known_args(  # type: ignore[override]  # typeshed declares it three times
            self, args: Sequence[str] | None = None,
            namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse as argparse does.

        Raises:
            InputError: A number is out of range, or none.
        """
        try:
            return super().parse_known_args(args, namespace)
        except argparse.ArgumentError as error:
            reason = error.__context__
            if isinstance(reason, _OutOfRange):
                raise InputError('command line', error.argument_name, reason.found,
                                 reason.want) from None
            self.error(str(error))


def number(kind: type[int] | type[float] = int, least: float | None = None,
           above: float | None = None, below: float | None = None,
           most: float | None = None) -> Callable[[str], int | float]:
    """Make a ``type`` for an argument: a number in a range.

    Args:
        kind: int or float. Defaults to int.
        least: It may not be less.
        above: It must be more.
        below: It must be less.
        most: It may not be more.

    Returns:
        For ``add_argument(type=)`` of a :class:`Parser`.
    """
    ranges = [
        text.format(bound) for text, bound in (('at least {}', least), ('more than {}', above),
                                               ('below {}', below), ('at most {}', most))
        if bound is not None
    ]

    def parse(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError as error:
            name = 'a whole number' if kind is int else 'a number'
            raise _OutOfRange(text, ', '.join([name, *ranges])) from error
        if isinstance(value, float) and not math.isfinite(value):
            raise _OutOfRange(value, ', '.join(['a finite number', *ranges]))
        if not ((least is None or value >= least) and (above is None or value > above) and
                (below is None or value < below) and (most is None or value <= most)):
            raise _OutOfRange(value, ', '.join(ranges))
        return value

    return parse


class Shard(NamedTuple):
    """A part of the inputs, for one of several machines: every ``total``-th.

    Attributes:
        number: From 1 to ``total``.
        total: Parts.
    """
    number: int
    total: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``I/N``; for ``add_argument(type=)`` of a :class:`Parser`."""
        number, _, total = text.partition('/')
        if not (re.fullmatch(r'\d{1,9}', number) and re.fullmatch(r'\d{1,9}', total)
                and 1 <= int(number) <= int(total)):
            raise _OutOfRange(text, 'I/N with 1 <= I <= N, such as 1/4')
        return cls(int(number), int(total))

    def of(self, inputs: Sequence[Input]) -> Sequence[Input]:
        """Return its inputs."""
        return inputs[self.number - 1::self.total]


def find_input_error(error: BaseException | None) -> InputError | None:
    """Find the innermost :class:`InputError` behind an exception.

    Args:
        error: Any exception.

    Returns:
        The last one met along ``__cause__`` and ``__context__`` (the one that was raised first,
        nearest to the mistake), or None where there is none.
    """
    return next(
        (behind for behind in reversed(list(causes(error))) if isinstance(behind, InputError)),
        None)


def one_line(error: BaseException) -> str:
    """Return the message of an :class:`InputError` as one line.

    Raised again out of a data loader worker, the message holds the worker's whole traceback: the
    part after its last ``InputError:`` is what the user needs.
    """
    text = str(error)
    if _HEAD in text:
        text = text.rpartition(_HEAD)[2]
    return ' '.join(text.split())


@ends_quietly()
def run(main: Callable[[], None]) -> None:
    """Run a tool's ``main()`` and end the process as the project's tools do.

    A wrong input ends with exit code 2 and, as the last line of stderr,
    ``error: FILE: FIELD: found X, want Y``; its traceback is shown only with ``--debug`` on the
    command line. So do packages that cannot be imported, a full or read-only disk, a killed worker
    of a data loader, and torch's errors of a missing, old or full GPU. Ctrl-C ends it with exit
    code 130, an output that is closed as :func:`.closed_output.ends_quietly` says. Every other
    exception is not the user's mistake and keeps its traceback.

    Args:
        main: The tool.

    Raises:
        SystemExit: With code 2, for a wrong input.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files need not be UTF-8
            stream.reconfigure(errors='backslashreplace')
    try:
        main()
    except KeyboardInterrupt:
        if '--debug' in sys.argv[1:]:
            raise
        print('Stopped', file=sys.stderr, flush=True)
        sys.exit(130)
    except Exception as error:
        mistake = find_input_error(error) or find_system_mistake(error)
        if mistake is None and 'torch' in sys.modules:  # slow to import, and not every tool does
            from .gpus import find_gpu_mistake
            mistake = find_gpu_mistake(error)
        if mistake is None:
            if is_of_a_package(error):
                explain(error)
            raise
        if '--debug' in sys.argv[1:]:
            sys.excepthook(type(error), error, error.__traceback__)
        text = one_line(mistake)
        if 'TORCHELASTIC_ERROR_FILE' in os.environ:
            _tell_torchrun(text)
        sys.stdout.flush()
        print(f'error: {text}', file=sys.stderr, flush=True)
        sys.exit(2)


def is_of_a_package(error: BaseException) -> TypeGuard[ImportError]:
    """Whether it says that a package cannot be imported, and not a module of this project."""
    return isinstance(error, ImportError) and (error.name or '').split('.')[0] != __package__


def _end_in_one_line(kind: type[BaseException], error: BaseException,
                     traceback: TracebackType | None) -> None:
    """Do as :func:`run` where a tool's own imports fail, before it is called."""
    if is_of_a_package(error):
        try:
            explain(error)
        except SystemExit:
            sys.stderr.flush()
            os._exit(2)  # a hook has no say in the exit code
        except ImportError as told:
            error = told
    sys.__excepthook__(kind, error, traceback)


if is_a_tool():
    sys.excepthook = _end_in_one_line


def _tell_torchrun(text: str) -> None:
    """Leave the message where torchrun, which started this process, looks for it."""
    from torch.distributed.elastic.multiprocessing.errors import get_error_handler
    get_error_handler().record_exception(InputError(text))
    with Path(os.environ['TORCHELASTIC_ERROR_FILE']).open('r+') as file:
        content = json.load(file)
        content['message']['line'] = text  # for tools/dist_run.py
        file.seek(0)
        json.dump(content, file)


def next_step(*words: object) -> None:
    """Name the command that usually follows, as the last line of a tool.

    Args:
        *words: Of a command line that begins with a file of ``tools``, such as ``'test.py'``; it
            is shown under its name of ``d3d`` where the tool was started so.
    """
    tool, *arguments = map(str, words)
    command = shlex.join(['python', f'tools/{tool}', *arguments])
    if sys.argv[0].startswith('d3d '):
        from d3d_command import as_command
        command = as_command(tool, arguments)
    print(f'next: {command}', flush=True)
