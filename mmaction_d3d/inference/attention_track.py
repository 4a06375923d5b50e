"""Attention maps over a video, kept on disk."""
import bisect
import tempfile

import numpy as np
from mmaction.structures import ActionDataSample
from torch import Tensor, nn

from ..evaluation.attention_maps import DeformableMaps, attention_maps
from ..models.backbones import D3DTransformer


def clip_attention(model: nn.Module, inputs: dict[str, Tensor], index: int,
                   sample: ActionDataSample) -> tuple[np.ndarray, np.ndarray] | None:
    """Attention of one clip of a batch, of all its views.

    Args:
        model: The recognizer.
        inputs: The preprocessed batch.
        index: Position in it.
        sample: The clip's; ``frame_inds`` says which frames were sampled.

    Returns:
        Sampled frames, T, in order, and the share of the modal queries' attention on each cell of
        their grid, T x h x w. None where the model has no deformable attention or its pipeline
        packs no ``keypoint``.
    """
    backbone = model.backbone
    if 'keypoint' not in inputs or not isinstance(backbone, D3DTransformer):
        return None
    if backbone.recording(DeformableMaps) is None or not backbone.modal_only:
        return None  # no maps, or no queries to draw
    clips = [inputs[key][index] for key in ('imgs', 'keypoint')]
    inds = np.reshape(sample.metainfo['frame_inds'], (len(clips[0]), -1))
    # Maps of mirror images would lie on the wrong side.
    mirrored = sample.metainfo.get('mirrored', np.zeros(len(inds), bool))
    cells = [
        attention_maps(model, imgs, keypoint).of(DeformableMaps).cells.numpy()
        for imgs, keypoint, is_mirrored in zip(*clips, mirrored) if not is_mirrored
    ]
    inds = inds[~mirrored].ravel()
    order = np.argsort(inds, kind='stable')
    return inds[order], np.concatenate(cells)[order]


class AttentionTrack:
    """Maps of one clip, or of the windows of a long video, in a temporary file.

    Attributes:
        limit: The largest value so far.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this
        self._centres: list[float] = []
        self._inds: list[tuple[int, np.ndarray]] = []
        self._shape: tuple[int, ...] = (0, 0, 0)
        self.limit = 0.

    def add(self, start: int, inds: np.ndarray, cells: np.ndarray) -> None:
        """Append a clip's maps, in the order of time.

        Args:
            start: First frame of the window.
            inds: Sampled frames from there on, T, in order.
            cells: T x h x w.
        """
        self._shape = cells.shape
        self._centres.append(start + (inds[0] + inds[-1]) / 2)
        self._inds.append((start, inds))
        self.limit = max(self.limit, float(cells.max()))
        self._file.seek(0, 2)
        self._file.write(np.ascontiguousarray(cells, np.float16).tobytes())

    def at(self, frame: int) -> np.ndarray:
        """Map of the sampled frame nearest to ``frame`` in the window around it, h x w."""
        right = bisect.bisect(self._centres, frame)
        near = [i for i in (right - 1, right) if 0 <= i < len(self._centres)]
        clip = min(near, key=lambda i: abs(self._centres[i] - frame))
        start, inds = self._inds[clip]
        position = int(np.abs(inds + start - frame).argmin())
        frames, height, width = self._shape
        cell_bytes = 2 * height * width
        self._file.seek((clip * frames + position) * cell_bytes)
        flat = np.frombuffer(self._file.read(cell_bytes), np.float16)
        return flat.reshape(height, width).astype(np.float32)
