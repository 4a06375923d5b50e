"""Tells a fault of this package, met while a config's classes are built, from the config's."""
import collections.abc
import dis
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin, get_type_hints

from mmengine.registry import build_from_cfg

_PACKAGE = __name__.partition('.')[0]
_RAISE = dis.opmap['RAISE_VARARGS']


def is_own_fault(error: BaseException) -> bool:
    """Whether this package stumbled, though the values of the config are of the types asked for.

    What a class refuses by a ``raise`` or an ``assert`` is the config's mistake, and so is whatever
    was met where a value is of another type than the class says, or of one that it does not say.

    Args:
        error: Caught where a config's classes were built.
    """
    if not isinstance(error, (TypeError, AttributeError, LookupError)):
        return False
    step, built = error.__traceback__, None
    while step is not None:
        if step.tb_frame.f_code is build_from_cfg.__code__:
            built = step.tb_frame.f_locals
        last, step = step, step.tb_next
    package = last.tb_frame.f_globals.get('__name__', '').partition('.')[0]
    refused = last.tb_frame.f_code.co_code[last.tb_lasti] == _RAISE
    return (package == _PACKAGE and not refused and built is not None and 'obj_cls' in built
            and _all_fit(built['obj_cls'], built['args']))


def _all_fit(kind: Callable, values: Mapping[str, Any]) -> bool:
    """Whether all arguments are known to be of their annotated types."""
    function = kind.__init__ if inspect.isclass(kind) else kind
    hints = get_type_hints(function)
    named = {
        name for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }
    return all(name in hints and name in named and _fits(value, hints[name])
               for name, value in values.items())


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, kind) for kind in inner)
    if origin is typing.Literal:
        return value in inner
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, Mapping):
        # What has a type is built, and judged, by itself; of other dicts nobody says the keys.
        if 'type' in value and (origin or hint) in (dict, Mapping, collections.abc.Mapping):
            return True
        return origin is dict and all(
            _fits(key, inner[0]) and _fits(entry, inner[1]) for key, entry in value.items())
    if isinstance(value, (list, tuple)):
        if not inner or not inspect.isclass(origin) or not isinstance(value, origin):
            return False
        hints = inner if origin is tuple and ... not in inner else inner[:1] * len(value)
        return len(hints) == len(value) and all(map(_fits, value, hints))
    return inspect.isclass(hint) and isinstance(value, hint)
