"""A trained model in one call."""
from dataclasses import replace
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope

from ..errors import InputError
from ..extraction import SkeletonExtractor, first_backend
from ..media import DEFAULT_FPS, as_media
from .entries import Arrays, Video, item_of
from .loading import load_model
from .model import LoadedModel
from .recognize import Options, recognize
from .records import Failure
from .result import Recognition
from .skeletons import (
    ExtractedSkeletons,
    Extractor,
    GivenSkeletons,
    NoSkeletons,
    Origin,
    PickledSkeletons,
)
from .stored_config import OTHERWISE
from .windows import window_lengths

#: People whom extraction keeps of a video where each is to have an answer.
MOST_PEOPLE = 10


class D3D:
    """A trained model: called with a video, it says what people do in it.

    Attributes:
        classes: Names of the classes, where they are known.
    """

    def __init__(self, model: LoadedModel, origin: Origin | None, device: str | None) -> None:
        self._model, self._origin, self._device = model, origin, device
        self._extracted: dict[bool, Origin] = {}
        self.classes = model.classes

    def __call__(self, source: Video, skeletons: Arrays | None = None, window: float | None = None,
                 stride: float | None = None, smooth: float | None = None, batch_size: int = 8,
                 fps: float = DEFAULT_FPS, per_person: bool = False,
                 share_features: bool = False) -> Recognition:
        """Recognize a video.

        Args:
            source: A video, a folder of frames, or frames in memory: T x H x W x 3 uint8 RGB, or a
                list of H x W x 3.
            skeletons: Its people as arrays: see :class:`.skeletons.GivenSkeletons`. Defaults to
                None: from the pickle, else found by the first backend that is installed.
            window: Seconds; recognize a long video window by window. Defaults to None: it is one
                clip, as in a test.
            stride: Seconds between windows. Defaults to None: half a window.
            smooth: Seconds over which scores are averaged. Defaults to None: a window.
            batch_size: Windows that go through the model at once.
            fps: Of a frame folder, and of frames in memory.
            per_person: Whether to answer for each person alone, too: ``tracks`` of the answer.
            share_features: Whether windows of a batch share the features of frames that they all
                show: faster, and scores differ a little.

        Returns:
            The answer: ``label``, ``score``, ``scores`` and all that it rests on.

        Raises:
            InputError: The video or its skeleton cannot be used.
        """
        media = as_media(item_of(source))
        lengths = window_lengths(window, stride, smooth, share_features)
        origin: Origin = (self._find_origin(per_person)
                          if skeletons is None else GivenSkeletons([skeletons], [media]))
        check_arguments(self._model, skeletons, per_person)
        options = Options(batch_size, folder_fps=fps, windows=lengths, per_person=per_person,
                          share_features=share_features)
        answer, = recognize([media], origin, self._model, options)
        if isinstance(answer, Failure):
            raise answer.error
        return answer

    def _find_origin(self, per_person: bool) -> Origin:
        if self._origin is not None or self._model.modality == 'rgb':
            return self._origin or NoSkeletons()
        if per_person not in self._extracted:
            extractor = SkeletonExtractor(first_backend(self._device), device=self._device,
                                          max_persons=MOST_PEOPLE if per_person else 2)
            self._extracted[per_person] = ExtractedSkeletons(extractor, self._model.layout)
        return self._extracted[per_person]


def load(checkpoint: str | Path, config: str | Path | Config | None = None,
         device: str | None = None, skeletons: str | Path | None = None,
         modality: str | None = None, dtype: str = 'float32') -> D3D:
    """Load a trained model: ``mmaction_d3d.load('best.pth')('my.mp4').label``.

    Args:
        checkpoint: A path or URL. No code that it may hold is run: its config is read as data and
            may ask for registered classes of this package and MMAction2 only.
        config: A config file that you trust, as it is code. Defaults to None: the checkpoint's own.
        device: Such as ``'cuda:0'``. Defaults to None: a GPU where one is.
        skeletons: An annotation pickle with the people of the videos. Defaults to None: they are
            found by the first skeleton backend that is installed.
        modality: What of a video the model is given: ``'both'``, ``'rgb'`` (no skeletons are found
            or read) or ``'pose'`` (no frames). Defaults to None: what it was trained on.
        dtype: Type that scores are computed in, ``'float32'``, ``'bfloat16'`` or ``'float16'``.

    Raises:
        InputError: The checkpoint or the config cannot be used.
    """
    init_default_scope('mmaction')
    model = load_model(checkpoint, config, device, modality=modality, dtype=dtype)
    return D3D(*with_skeletons(model, skeletons), device)


def check_arguments(model: LoadedModel, skeletons: object, per_person: bool) -> None:
    """Refuse what contradicts RGB alone.

    Raises:
        InputError: Skeletons are given, or each person's answer is asked for.
    """
    if model.modality == 'rgb':
        for name, given in (('skeletons', skeletons is not None), ('per_person', per_person)):
            if given:
                raise InputError('inference', name, 'what needs skeletons',
                                 "nothing, as modality='rgb' reads none")


def with_skeletons(model: LoadedModel, skeletons: str | Path | None,
                   extractor: Extractor | None = None) -> tuple[LoadedModel, Origin | None]:
    """Say where a model's skeletons come from: a pickle, else an extractor, if there is one.

    Returns:
        The model, whose classes have the pickle's names where it knew none, and the origin.

    Raises:
        InputError: The pickle cannot be read, the extractor finds other joints, or nothing names
            the classes of a checkpoint that comes without a config of the user's.
    """
    check_arguments(model, extractor if skeletons is None else skeletons, False)
    origin: Origin | None = NoSkeletons() if model.modality == 'rgb' else None
    if skeletons is not None:
        origin = PickledSkeletons(str(skeletons), model.layout, model.filename_tmpl)
    elif extractor is not None:
        origin = ExtractedSkeletons(extractor, model.layout)
    if origin and origin.classes and model.classes and list(origin.classes) != list(model.classes):
        raise InputError(skeletons, 'classes', ', '.join(map(str, origin.classes)),
                         f'{", ".join(model.classes)}, as the checkpoint says')
    names = model.classes or (origin and origin.classes)
    if not names and model.stranger is not None:
        raise InputError(model.stranger, 'meta.dataset_meta.classes', 'nothing',
                         f'the names of the classes, {OTHERWISE}')
    number = getattr(getattr(model.network, 'cls_head', None), 'num_classes', None)
    if names and number not in (None, len(names)):
        raise InputError('names of classes', 'number', len(names),
                         f'{number}, as the model tells apart')
    return replace(model, classes=tuple(names) if names else None), origin
