"""Pictures of what the model looks at: register a function, and tool and hook draw it.

A picture is one function in one file, here or in a module that a config's ``custom_imports``
names::

    @picture('mass', 'attention on each searched token', needs=(DeformableMaps, ))
    def mass_chart(explanation: Explanation) -> Figure:
        ...

``tools/visualize.py mass CONFIG CHECKPOINT`` and ``ExplanationHook`` draw it from then on.
"""
import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ...errors import InputError
from ...evaluation.attention_maps import AttentionMaps
from ...evaluation.explain import Explanation


class Picture(NamedTuple):
    """A picture of one clip's :class:`~mmaction_d3d.evaluation.explain.Explanation`.

    Attributes:
        name: Command of ``tools/visualize.py`` and name of the hook's image.
        says: What it shows, for ``--help``.
        function: Takes the explanation and the values of ``options``, returns a Figure.
        needs: Maps that it cannot do without, such as ``JointMaps``.
        selects: Fields of ``Selection`` that it depends on, besides ``block``.
        options: Keyword arguments of ``function`` that the tool offers as flags,
            with those of ``add_argument``; without the flag the argument is None.
        video: Takes the explanation, returns the picture in time: arrays of
            H x W x 3 uint8 RGB with even sides.
    """
    name: str
    says: str
    function: Callable[..., Figure]
    needs: tuple[type, ...]
    selects: tuple[str, ...]
    options: dict[str, dict[str, Any]]
    video: Callable[[Explanation], list[np.ndarray]] | None

    def missing(self, maps: AttentionMaps) -> list[str]:
        """Return what it needs and a model's maps lack."""
        return [kind.__name__ for kind in self.needs if maps.get(kind) is None]

    def draw(self, explanation: Explanation, **options: Any) -> Figure:
        """Draw it.

        Raises:
            InputError: The model lacks what it shows.
        """
        missing = self.missing(explanation.maps)
        if missing:
            raise InputError('model', 'attentions', f'none that records {missing[0]}',
                             f'a model with what the picture {self.name} shows')
        return self.function(explanation, **options)


_PICTURES: dict[str, Picture] = {}


def picture(name: str, says: str, needs: tuple[type, ...] = (), selects: tuple[str, ...] = (),
            options: dict[str, dict[str, Any]] | None = None,
            video: Callable[[Explanation], list[np.ndarray]] | None = None) -> Callable:
    """Register a function as a picture; the arguments are those of :class:`Picture`.

    Raises:
        InputError: Another function has that name.
    """

    def register(function: Callable[..., Figure]) -> Callable[..., Figure]:
        known = _PICTURES.get(name)
        if known is not None and known.function.__module__ != function.__module__:
            raise InputError(function.__module__, 'picture', name,
                             f'a name other than that of {known.function.__module__}')
        _PICTURES[name] = Picture(name, says, function, needs, selects, options or {}, video)
        return function

    return register


def all_pictures() -> dict[str, Picture]:
    """Return the pictures by name: those of this folder, then those registered elsewhere."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f'{__name__}.{module.name}')
    return dict(_PICTURES)
