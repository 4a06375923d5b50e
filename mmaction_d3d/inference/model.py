"""A trained network, ready to say of packed clips what they show."""
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

import numpy as np
import torch
from mmaction.models.recognizers import BaseRecognizer
from mmaction.structures import ActionDataSample
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.logging import print_log
from torch import Tensor

from ..datasets.modality import MODALITIES
from ..skeletons import SkeletonLayout
from .attention_track import clip_attention
from .clips import Clip, TestPipeline, mistakes_of
from .shared_features import extractor_of, shared_maps


@dataclass(frozen=True, eq=False)
class Scored:
    """What the model says of a clip.

    Attributes:
        scores: Of each class.
        attention: What :func:`.attention_track.clip_attention` gives, where it was asked for.
    """
    scores: np.ndarray
    attention: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A network with what its config and checkpoint say of input and answer.

    Attributes:
        network: The recognizer.
        config: Its config.
        pipeline: Makes its input.
        layout: Joints that it takes.
        classes: Names of the classes, where they are known.
        filename_tmpl: How its data set calls videos.
        compile_mode: Mode of ``torch.compile``, where it is compiled.
        stranger: The checkpoint, where the config comes from there.
        modality: What of a video it is given, a key of
            :data:`~mmaction_d3d.datasets.modality.MODALITIES`.
        trained_modality: What it was trained on.
        trained_on: The data that it was trained on, where its checkpoint says.
        dtype: Type that scores are computed in.
    """
    network: BaseRecognizer
    config: Config
    pipeline: TestPipeline
    layout: SkeletonLayout
    classes: tuple[str, ...] | None
    filename_tmpl: str | None = None
    compile_mode: str | None = None
    stranger: str | None = None
    modality: str = 'both'
    trained_modality: str = 'both'
    trained_on: str | None = None
    dtype: torch.dtype = torch.float32
    _compiled: set[tuple] = field(default_factory=set)

    @property
    def modality_notes(self) -> tuple[str, ...]:
        """What to know of an answer that rests on less than the model was trained on."""
        if self.modality == self.trained_modality:
            return ()
        return (f'from {MODALITIES[self.modality]}, as asked for: the model was trained on '
                f'{MODALITIES[self.trained_modality]}', )

    def score(self, clips: Sequence[Clip], attention: bool = False,
              share_features: bool = False) -> list[Scored]:
        """Score clips of one size.

        Args:
            clips: At least one.
            attention: Whether to compute attention maps, too, but not of one person alone.
            share_features: Whether clips share the features of frames that several of them show:
                see :func:`.shared_features.shared_maps`. Maps of attention share nothing.

        Raises:
            InputError: The model does not take clips of that size.
        """
        with torch.no_grad(), mistakes_of(self.stranger, 'model', 'one that takes this video'):
            return self._score(clips, attention, share_features)

    def _score(self, clips: Sequence[Clip], attention: bool, share_features: bool) -> list[Scored]:
        batch = self.network.data_preprocessor(pseudo_collate([clip.packed for clip in clips]),
                                               False)
        # As the caller has it where no type is asked for, who may be under autocast.
        autocast = nullcontext() if self.dtype == torch.float32 else torch.autocast(
            batch['inputs']['imgs'].device.type, self.dtype)
        with self._compile_time(len(clips), clips[0]), autocast:
            samples = (self._predict_shared(clips, **batch) if share_features else self.network(
                **batch, mode='predict'))
        scores = [sample.pred_score.cpu().numpy() for sample in samples]
        if not attention:
            return [Scored(row) for row in scores]
        # The maps come from a pass of its own, which is not worth a compilation.
        with torch.compiler.set_stance('force_eager'):
            return [
                Scored(row) if clip.track else Scored(
                    row, clip_attention(self.network, batch['inputs'], index, sample))
                for index, (row, sample, clip) in enumerate(zip(scores, samples, clips))
            ]

    def _predict_shared(self, clips: Sequence[Clip], inputs: dict[str, Tensor],
                        data_samples: list[ActionDataSample]) -> list[ActionDataSample]:
        views = {key: tensor.flatten(0, 1) for key, tensor in inputs.items()}
        numbers = np.concatenate([
            clip.start + np.reshape(sample.metainfo['frame_inds'], (inputs['imgs'].shape[1], -1))
            for clip, sample in zip(clips, data_samples)
        ])
        maps = shared_maps(extractor_of(self.network), views['imgs'], numbers)
        tokens = self.network.backbone(**views, features=maps)
        return self.network.cls_head.predict(tokens, data_samples)

    @contextmanager
    def _compile_time(self, number: int, clip: Clip) -> Iterator[None]:
        """Say how long the first pass of a size took, where the network is compiled."""
        start = time.perf_counter()
        yield
        key = (number, *sorted(clip.sizes.items()))
        if self.compile_mode is not None and key not in self._compiled:
            self._compiled.add(key)
            print_log(
                f'torch.compile ({self.compile_mode}): first pass of {number} clips '
                f'{time.perf_counter() - start:.1f} s', 'current')
