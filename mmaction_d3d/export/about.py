"""What an exported model says of itself, as plain values."""
from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from ..inference.loading import test_dataset
from ..inference.model import LoadedModel
from ..version import __version__

#: Under this name exported files hold it, as JSON.
KEY = 'mmaction_d3d'


def about_model(model: LoadedModel, ranges: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a model for whoever runs it without this package.

    Args:
        model: The model.
        ranges: Sizes that the graph takes.

    Returns:
        ``classes``, ``layout`` (name and joints), ``num_person``, ``pipeline`` (steps of the test),
        ``mean`` and ``std`` (of pixels, applied within the graph), ``average_clips``, ``sizes``,
        ``trained_on`` (where known) and ``version``.

    Raises:
        InputError: The head averages clips in an unknown way.
    """
    average = model.network.cls_head.average_clips
    if average not in ('prob', 'score'):
        raise InputError('model', 'cls_head.average_clips', average, 'prob or score, for an export')
    pixels = model.network.data_preprocessor.preprocessors['imgs']
    return dict(version=__version__, classes=list(model.classes) if model.classes else None,
                layout=dict(name=model.layout.name, joints=list(model.layout.joints)),
                num_person=model.pipeline.num_person, average_clips=average,
                pipeline=[dict(step) for step in test_dataset(model.config)['pipeline']
                          ], mean=pixels.mean.flatten().tolist(), std=pixels.std.flatten().tolist(),
                sizes=dict(ranges), trained_on=model.trained_on)
