"""The config text that a checkpoint holds: read as data, never run."""
import ast
import io
import tokenize
from typing import Any

from ..errors import InputError

MOST_CHARACTERS = 2**18  # configs of this project have 7,000
MOST_TOKENS = 50_000
MOST_DEPTH = 40

#: What a user who trusts a config can do in place of what is refused here.
OTHERWISE = 'or config= (--config), a config file that you trust'
_WANT = f'plain values, name = value, as mmengine stores a config, {OTHERWISE}'
_SIGNS = frozenset('()[]{},=:-')
_PLAIN = (tokenize.NAME, tokenize.NUMBER, tokenize.STRING, tokenize.NEWLINE, tokenize.NL,
          tokenize.COMMENT, tokenize.ENDMARKER)


def parse_stored_config(text: object, checkpoint: str) -> dict[str, Any]:
    """Read the config that mmengine stores in a checkpoint (``meta['cfg']``), without running it.

    Args:
        text: Lines of ``name = value``; a value is a number, text, None, True, False, or a list,
            tuple or dict of such.
        checkpoint: For messages.

    Returns:
        The values by name.

    Raises:
        InputError: The text is missing, too large, too deep, or more than such values.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError(checkpoint, 'meta.cfg', 'no config', f'the config of a run, {OTHERWISE}')
    if len(text) > MOST_CHARACTERS:
        raise InputError(checkpoint, 'meta.cfg', f'{len(text)} characters',
                         f'at most {MOST_CHARACTERS}, {OTHERWISE}')
    _check_tokens(text, checkpoint)
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _refusal(checkpoint, f'line {getattr(error, "lineno", None) or 1}',
                       shorten(error)) from error
    values = {}
    for statement in statements:
        if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1
                and isinstance(statement.targets[0], ast.Name)):
            raise _refusal(checkpoint, f'line {statement.lineno}', shorten(ast.unparse(statement)))
        name = statement.targets[0].id
        values[name] = _value(statement.value, name, checkpoint)
    return values


def shorten(value: object) -> str:
    """Show a value of a stranger on one line of a hundred characters at most."""
    text = value if isinstance(value, str) else str(value)[:1000]
    text = ' '.join(text[:1000].split())
    text = ''.join(char if ' ' <= char <= '~' else ascii(char)[1:-1] for char in text)
    return text if len(text) <= 100 else f'{text[:97]}...'


def _check_tokens(text: str, checkpoint: str) -> None:
    """Refuse what Python's parser, which has no limits of its own, should not see."""
    depth, minus, count = 0, False, 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            count += 1
            place = f'line {token.start[0]}'
            is_sign = token.type == tokenize.OP and token.string in _SIGNS
            if not is_sign and token.type not in _PLAIN:
                raise _refusal(checkpoint, place, shorten(token.line) or 'an indented line')
            if minus and token.type != tokenize.NUMBER:
                raise _refusal(checkpoint, place, shorten(token.line))
            minus = is_sign and token.string == '-'
            depth += is_sign and ((token.string in '([{') - (token.string in ')]}'))
            if depth > MOST_DEPTH or count > MOST_TOKENS:
                found = f'more than {MOST_DEPTH} brackets in each other'
                if count > MOST_TOKENS:
                    found = f'more than {MOST_TOKENS} values and signs'
                raise _refusal(checkpoint, place, found)
    except InputError:
        raise
    except (tokenize.TokenError, SyntaxError, ValueError) as error:  # of newer Pythons: surrogates
        raise _refusal(checkpoint, 'text', shorten(error)) from error


def _value(node: ast.expr, key: str, checkpoint: str) -> Any:
    """Read a value; ``key`` says where it stands, such as ``model.backbone``."""
    match node:
        case ast.Constant(value=None | bool() | str() as value):
            return value
        case ast.Constant(value=int() | float() as number):
            return _number(number, key, checkpoint)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -_number(number, key, checkpoint)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            values = [
                _value(item, f'{key}[{index}]', checkpoint) for index, item in enumerate(items)
            ]
            return values if isinstance(node, ast.List) else tuple(values)
        case ast.Call(func=ast.Name(id='dict'), args=[],
                      keywords=pairs) if all(pair.arg for pair in pairs):
            return {pair.arg: _value(pair.value, f'{key}.{pair.arg}', checkpoint) for pair in pairs}
        case ast.Dict(keys=keys, values=items):
            names = [
                name.value for name in keys
                if isinstance(name, ast.Constant) and isinstance(name.value, (str, int))
            ]
            if len(names) == len(items):
                return {
                    name: _value(item, f'{key}.{shorten(name)}', checkpoint)
                    for name, item in zip(names, items)
                }
    raise _refusal(checkpoint, key, shorten(ast.unparse(node)))


def _number(value: float, key: str, checkpoint: str) -> float:
    if abs(value) > 2**63:  # as is an infinite one
        raise _refusal(checkpoint, key, 'a number out of range')
    return value


def _refusal(checkpoint: str, place: str, found: str) -> InputError:
    return InputError(checkpoint, f'meta.cfg: {place}', found, _WANT)
