"""Environment variables in configs, which reach them as values and never as code."""
import ast
import io
import os
import re
import tokenize
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from mmengine.logging import print_log

from .errors import InputError

# MMEngine's form: {{$NAME:default}}, or {{'$NAME:default'}} for what is no text.
_PLACEHOLDER = re.compile(r'\{\{[\'"]?\s*\$(\w+)\s*:\s*(\S*?)\s*[\'"]?\}\}')
_PLAIN = re.compile(r'[^A-Za-z0-9 _./-]')


def substitute_variables(filename: str, temp_config_name: str) -> dict[str, str]:
    """Put the values of environment variables into the text of a config.

    In a string a value is text, whatever characters it has; elsewhere it is a Python literal.

    Args:
        filename: The config.
        temp_config_name: Where the text with the values goes.

    Returns:
        Variables that are set, and their values.

    Raises:
        InputError: A value that stands in no string is no literal.
        KeyError: A variable is neither set nor has a default.
    """
    text = Path(filename).read_text(encoding='utf-8')
    names = [f'd3d_variable_{index}_' for index, _ in enumerate(_PLACEHOLDER.finditer(text))]
    waiting = iter(names)
    bare = _names_in_code(_PLACEHOLDER.sub(lambda match: next(waiting), text))
    values, waiting = {}, iter(names)

    def value_of(match: re.Match) -> str:
        name, value = match.groups()
        in_code = next(waiting) in bare
        if name not in os.environ:
            if not value:
                raise KeyError(f'{name} is not set and has no default')
            return value  # the config's own text
        values[name] = value = os.environ[name]
        _tell(name, value)
        if in_code:
            return _literal(name, value)
        return _PLAIN.sub(lambda character: f'\\U{ord(character[0]):08x}', value)

    text = _with_plain_variables(_PLACEHOLDER.sub(value_of, text), _plain_variables.get({}))
    Path(temp_config_name).write_text(text, encoding='utf-8')
    return values


@cache
def _tell(name: str, value: str) -> None:
    """Say once that a variable is set: a config is read several times."""
    print_log(f'{value!r}, the environment variable {name}, stands in the config', 'current')


#: What configs that are read now set their plain variables to; see :func:`plain_variables`.
_plain_variables: ContextVar[dict[str, Any]] = ContextVar('plain_variables')


@contextmanager
def plain_variables(values: dict[str, Any]) -> Iterator[None]:
    """Let configs that are read meanwhile, and their bases, have other values of their variables.

    Args:
        values: By key, such as ``num_classes`` or ``train_pipeline.0.clip_len``. What follows an
            assignment of the variable sees the new value.
    """
    token = _plain_variables.set(values)
    try:
        yield
    finally:
        _plain_variables.reset(token)


def _with_plain_variables(text: str, values: dict[str, Any]) -> str:
    """Put an assignment of the new value after each one of a variable."""
    if not values:
        return text
    try:
        statements = ast.parse(text).body
    except SyntaxError:
        return text  # Python says later what is wrong with it
    lines = text.splitlines()
    for statement in reversed(statements):
        names = {
            target.id for target in getattr(statement, 'targets', ())
            if isinstance(target, ast.Name)
        }
        for key, value in values.items():
            name, *parts = key.split('.')
            if name in names:
                place = ''.join(f'[{int(part) if part.isdecimal() else part!r}]' for part in parts)
                lines.insert(statement.end_lineno or 0, f'{name}{place} = {value!r}')
    return '\n'.join([*lines, ''])


def _names_in_code(text: str) -> set[str]:
    """Return the names that stand outside of strings and comments."""
    try:
        return {
            token.string for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type == tokenize.NAME
        }
    except (tokenize.TokenError, SyntaxError):
        return set()  # Python says later what is wrong with it


def _literal(name: str, value: str) -> str:
    """Return a value that stands for itself in Python, such as 8 or [1, 2]."""
    try:
        return repr(ast.literal_eval(value.strip()))
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise InputError('environment', name, repr(value[:80]),
                         'a number or another literal of Python') from error
