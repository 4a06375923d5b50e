"""How every command line tool of this project starts, and how it ends on a user's mistake."""
import json
import os
import sys

from .errors import InputError

# The head of the line that torch's data loader workers and chained tracebacks put before the text.
_HEAD = f'{InputError.__name__}: '


def find_input_error(error):
    """Finds the innermost :class:`InputError` behind an exception.

    Args:
        error (BaseException): Any exception.

    Returns:
        InputError | None: The last one met along ``__cause__`` and ``__context__`` (the one that
        was raised first, nearest to the mistake), or None where there is none.
    """
    found = None
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, InputError):
            found = error
        if error.__cause__ is not None:
            error = error.__cause__
        else:
            error = None if error.__suppress_context__ else error.__context__
    return found


def one_line(error):
    """The message of an :class:`InputError` as one line.

    Raised again out of a data loader worker, the message holds the worker's whole traceback: the
    part after its last ``InputError:`` is what the user needs.
    """
    text = str(error)
    if _HEAD in text:
        text = text.rpartition(_HEAD)[2]
    return ' '.join(text.split())


def run(main):
    """Runs a tool's ``main()`` and ends the process as the project's tools do.

    A wrong input ends with exit code 2 and, as the last line of stderr,
    ``error: FILE: FIELD: found X, want Y``; its traceback is shown only with ``--debug`` on the
    command line. Every other exception is not the user's mistake and keeps its traceback.

    Args:
        main (Callable[[], None]): The tool.

    Raises:
        SystemExit: With code 2, for a wrong input.
    """
    try:
        main()
    except Exception as error:
        mistake = find_input_error(error)
        if mistake is None:
            raise
        if '--debug' in sys.argv[1:]:
            sys.excepthook(type(error), error, error.__traceback__)
        text = one_line(mistake)
        if 'TORCHELASTIC_ERROR_FILE' in os.environ:
            _tell_torchrun(text)
        sys.stdout.flush()
        print(f'error: {text}', file=sys.stderr, flush=True)
        sys.exit(2)


def _tell_torchrun(text):
    """Leaves the message where torchrun, which started this process, looks for it."""
    from torch.distributed.elastic.multiprocessing.errors import get_error_handler
    get_error_handler().record_exception(InputError(text))
    with open(os.environ['TORCHELASTIC_ERROR_FILE'], 'r+') as file:
        content = json.load(file)
        content['message']['line'] = text   # for tools/dist_run.py
        file.seek(0)
        json.dump(content, file)
