"""Where the checks run and how large their models and clips are."""
import functools
import gc
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from mmaction.registry import DATASETS, MODELS
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope

from ..bundled import ROOT
from ..datasets.synthetic import generate
from ..engine import load_config
from .checks import NEEDS
from .frames import write_frame_folders


class Size(NamedTuple):
    """How large the checks are.

    Attributes:
        width: C of the model that is trained for the gradients.
        frames: Its frames, T.
        side: Its pixels.
        batch: Its clips.
        steps: Steps that it is trained for.
        clips: Generated training clips; a multiple of 8.
        exact_width: C of the model that is compared with float64 on the CPU.
        speed_batch: Clips of the timed models, at most.
        speed_model: C, T and pixels of the timed model.
        peer: RGB frames and pixels of RGBPose-Conv3D; 4 times as many pose frames of a quarter of
            the side.
        gemm: Side of the timed matrices.
        repeats: Of each timing.
        workers: Processes that load data.
    """
    width: int
    frames: int
    side: int
    batch: int
    steps: int
    clips: int
    exact_width: int
    speed_batch: int
    speed_model: tuple[int, int, int]
    peer: tuple[int, int]
    gemm: int
    repeats: int
    workers: int


SIZES = dict(
    full=Size(64, 12, 96, 8, 60, 64, 16, 16, (64, 12, 224), (8, 224), 8192, 5, 1),
    # For the gradients on a CPU, where the full size takes too long.
    small=Size(64, 4, 32, 8, 40, 64, 16, 1, (16, 12, 64), (2, 64), 1024, 3, 0),
    tiny=Size(8, 4, 32, 2, 3, 8, 4, 1, (8, 4, 64), (2, 32), 128, 2, 0))

# On top of configs/_base_/d3d_synthetic.py, with --data-root.
_CONFIG = '''_base_ = {base!r}

allow_shared_clips = True
clip_len = {frames}
sampling = dict(type='AlignedSampleFrames', clip_len=clip_len, test_mode=True)
pipeline = [
    sampling, dict(type='AlignedDecode'),
    dict(type='Resize', scale=({side}, {side}), keep_ratio=False),
    dict(type='FormatShape', input_format='NCTHW'), dict(type='PackRGBPose')
]
loader = dict(
    batch_size={batch}, num_workers={workers}, persistent_workers={persistent},
    dataset=dict({dataset}pipeline=pipeline))
train_dataloader = loader
val_dataloader = loader
test_dataloader = loader

model = dict(
    backbone=dict(
        backbone=dict(base_channels={width}), clip_len=clip_len, img_size={side},
        block=dict(deformable=dict(kernel_size=(7, 3, 3)))),
    cls_head=dict(in_channels=4 * {width}))
train_cfg = dict(max_epochs=1)
param_scheduler = []
default_hooks = dict(logger=dict(interval=1))
'''


class Context:
    """Device, folders and what several checks share, made when first asked for.

    Args:
        device: ``'cuda'`` or ``'cpu'``.
        out: Folder for the report, logs, clips and checkpoints.
        size: Key of :data:`SIZES`.
    """

    def __init__(self, device: str, out: str | Path, size: str) -> None:
        init_default_scope('mmaction')
        self.device, self.size_name, self.size = device, size, SIZES[size]
        self.out = Path(out).resolve()
        self.out.mkdir(parents=True, exist_ok=True)
        self.report = self.out / 'gpu_check.json'
        # Fresh, so that no checkpoint of an earlier call is taken for one of this call.
        self.runs = Path(tempfile.mkdtemp(prefix='runs_', dir=self.out))

    def describe(self) -> dict:
        """Return what the report says besides the results."""
        cuda = self.device == 'cuda'
        return dict(device=torch.cuda.get_device_name() if cuda else 'cpu', size=self.size_name,
                    torch=torch.__version__, cuda=torch.version.cuda if cuda else None,
                    cudnn=torch.backends.cudnn.version() if cuda else None, runs=str(self.runs))

    def free(self) -> None:
        """Give memory back between two checks."""
        gc.collect()
        if self.device == 'cuda':
            torch.cuda.empty_cache()

    @functools.cached_property
    def has_videos(self) -> bool:
        """Whether the clips are videos: otherwise, without PyAV, folders of frames."""
        return NEEDS['PyAV']() is None

    @functools.cached_property
    def data_root(self) -> Path:
        """Folder of generated clips: annotations.pkl and videos or frames."""
        counts: dict[str, Any] = dict(num_train=self.size.clips, num_val=8, num_test=8)
        make = generate if self.has_videos else write_frame_folders
        make(self.runs / 'data', size=64, num_frames=2 * self.size.frames, **counts)
        return self.runs / 'data'

    @functools.cached_property
    def config(self) -> Path:
        """Config of the model that is trained, over the generated clips."""
        dataset = ''
        if not self.has_videos:
            frames = str(self.data_root / 'frames')
            dataset = (f"frame_tmpl='img_{{:05}}.png', "
                       f'data_prefix=dict(_delete_=True, img={frames!r}), ')
        path = self.runs / 'config.py'
        size = self.size
        path.write_text(
            _CONFIG.format(base=str(ROOT / 'configs' / '_base_' / 'd3d_synthetic.py'),
                           width=size.width, side=size.side, frames=size.frames, batch=size.batch,
                           workers=size.workers, persistent=size.workers > 0, dataset=dataset))
        return path

    def read_config(self) -> Config:
        """Return the config as an object."""
        return load_config(
            Namespace(config=str(self.config), data_root=str(self.data_root), cfg_options=None,
                      launcher='none', work_dir=None, local_rank=0))

    @functools.cached_property
    def clips(self) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """Preprocessed training clips on the CPU: dict of inputs, and labels."""
        cfg = self.read_config()
        dataset = DATASETS.build(cfg.train_dataloader.dataset)
        batch = pseudo_collate([dataset[index] for index in range(len(dataset))])
        batch = MODELS.build(cfg.model.data_preprocessor)(batch, training=False)
        labels = torch.cat([sample.gt_label for sample in batch['data_samples']])
        return dict(batch['inputs']), labels
