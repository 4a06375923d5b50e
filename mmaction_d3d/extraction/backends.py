"""What finds skeletons in frames: the form that a backend has, and those that are known by name."""
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from ..errors import InputError


class SkeletonBackend(Protocol):
    """A pose network as :class:`.extractor.SkeletonExtractor` runs it.

    The method to write is :meth:`predict`; :meth:`prepare` runs in a thread ahead of it and only
    cuts out what it takes. Decoding, batches, linking over time and output are the extractor's.

    Attributes:
        layout: Name of the joint layout of what it finds, of those that
            :func:`mmaction_d3d.skeletons.register_layout` knows.
        missing: Joints of the layout that it does not find: score 0.
        top_down: Whether it takes one person's box at a time, not a frame.
        finds_people: Optional. Whether a network that takes boxes finds people in whole frames
            itself, where nobody says where they are: ``boxes`` is None then.
    """
    layout: str
    missing: Sequence[str]
    top_down: bool

    def prepare(self, frame: np.ndarray, boxes: np.ndarray | None) -> list[Any]:
        """Cut what the network takes out of a frame.

        Args:
            frame: H x W x 3 uint8 RGB.
            boxes: N x 4: x1, y1, x2, y2 in pixels; None where it is not ``top_down``, or
                ``finds_people``.

        Returns:
            A crop for each box, or the frame, in whatever form :meth:`predict` takes.
        """

    def predict(self, crops: list[Any]) -> list[np.ndarray]:
        """Run the network once for all crops.

        Args:
            crops: Of :meth:`prepare`, of one or several frames.

        Returns:
            N x V x 3 for each crop: x, y in pixels of the frame, score in [0, 1], in the order of
            ``layout``. N is at most 1 for a box.
        """


#: The file of an error: a backend's package is not installed.
NOT_HERE = 'this Python'

Maker = Callable[[str | None, str | None, str | None], SkeletonBackend]

#: Makers of backends by name: what ``--backend`` of every tool offers.
BACKENDS: dict[str, Maker] = {}

#: Those that need no weights to be named or downloaded, in the order of :func:`first_backend`.
READY: list[str] = []


def register_backend(name: str, ready: bool = False) -> Callable[[Maker], Maker]:
    """Decorate what makes a backend: a class, or a function.

    It is called with a config, a checkpoint and a device (``--pose-config``,
    ``--pose-checkpoint``, ``--device``; None each where it is not given) and returns a
    :class:`SkeletonBackend`. Like layouts, backends of other packages are found by a plugin: see
    :func:`mmaction_d3d.plugins.load_plugins`.

    Args:
        name: What ``--backend`` calls it; none that is taken.
        ready: Whether it runs as it is, without weights to be named or downloaded:
            :func:`first_backend` may take it.

    Raises:
        InputError: The name is taken.
    """

    def register(maker: Maker) -> Maker:
        if name in BACKENDS:
            raise InputError(f'backend {name}', 'name', 'one that is registered',
                             'a name of its own')
        BACKENDS[name] = maker
        if ready:
            READY.append(name)
        return maker

    return register


def make_backend(name: str, config: str | None = None, checkpoint: str | None = None,
                 device: str | None = None) -> SkeletonBackend:
    """Make the backend of that name.

    Raises:
        InputError: There is none, or it cannot be made of these arguments.
    """
    if name not in BACKENDS:
        raise InputError('extraction', 'backend', name, ' or '.join(BACKENDS))
    return BACKENDS[name](config, checkpoint, device)


def first_backend(device: str | None = None) -> SkeletonBackend:
    """Make the first backend that is installed and runs as it is: nothing is downloaded unasked.

    MediaPipe's comes first: its network is in its wheel. After it come those of plugins that are
    registered as ``ready``, in that order.

    Raises:
        InputError: None is installed.
    """
    for name in READY:
        try:
            return make_backend(name, device=device)
        except InputError as error:
            if error.file != NOT_HERE:  # it is installed, and something else is wrong
                raise
    raise InputError(
        NOT_HERE, 'skeletons', f'no skeleton backend of {", ".join(READY)}',
        'one of them (docs/extraction.md), skeletons= with a pickle or arrays, or a backend with '
        'weights by name: D3DInferencer(extractor=SkeletonExtractor("mmpose")), --backend mmpose')
