"""A small config, its data and its checkpoint."""
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope

CLASSES = ['falls', 'rises']
CONFIG = """
default_scope = 'mmaction'
custom_imports = dict(imports=['mmaction_d3d'], allow_failed_imports=False)
model = dict(
    type='D3DRecognizer',
    backbone=dict(
        type='D3DTransformer', backbone=dict(type='R2Plus1D', base_channels=4), num_joints=17,
        num_person={num_person}, clip_len={clip_len}, img_size=32, num_blocks=1,
        num_heads=2, kernel_size=2),
    cls_head=dict(type='D3DHead', num_classes=2, in_channels=16, average_clips='prob'),
    data_preprocessor=dict(
        type='D3DDataPreprocessor',
        preprocessors=dict(imgs=dict(
            type='ActionDataPreprocessor', mean=[128.] * 3, std=[64.] * 3,
            format_shape='NCTHW'))))
pipeline = [
    dict(type='AlignedSampleFrames', clip_len={clip_len}, num_clips=2, test_mode=True),
    dict(type='AlignedDecode'),
    dict(type='Resize', scale=(-1, 40)),
    dict(type='CenterCrop', crop_size=32),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackRGBPose')]
test_dataloader = dict(
    batch_size=2, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='RGBPoseDataset', ann_file={ann_file!r}, data_prefix=dict(video={videos!r}),
        pipeline=pipeline, num_classes=2, num_person={num_person}, test_mode=True))
test_cfg = dict(type='TestLoop')
test_evaluator = dict(type='AccMetric')
"""


@dataclass
class Tiny:
    """Files of a small model.

    Attributes:
        config, checkpoint: Paths.
        data: The videos and their pickle, an ``RGBPoseData``.
    """
    config: str
    checkpoint: str
    data: Any

    def video(self, index=0):
        """Path of a video."""
        return str(self.data.video_dir / f'clip{index}.mp4')


def make_tiny(folder, data, num_person=1, clip_len=4):
    """Write the config and a checkpoint of random weights into a folder."""
    folder = Path(folder)
    config, checkpoint = folder / 'tiny.py', folder / 'tiny.pth'
    config.write_text(
        CONFIG.format(ann_file=str(data.ann_file), videos=str(data.video_dir),
                      num_person=num_person, clip_len=clip_len))
    init_default_scope('mmaction')
    torch.manual_seed(0)
    model = MODELS.build(Config.fromfile(config).model)
    with torch.no_grad():  # scores far from 1/2 each
        model.cls_head.classifier.weight.mul_(100)
    torch.save(dict(state_dict=model.state_dict(), meta=dict(dataset_meta=dict(classes=CLASSES))),
               checkpoint)
    return Tiny(str(config), str(checkpoint), data)


class FakeCamera:
    """Five frames, and then none."""

    def __init__(self, number):
        self.left = 5

    def isOpened(self):  # noqa: N802
        return True

    def set(self, *_):
        pass

    def read(self):
        self.left -= 1
        return self.left >= 0, np.zeros((40, 48, 3), np.uint8)

    def release(self):
        pass


class StandIn:
    """An extractor that finds what it was given."""

    def __init__(self, annotation, layout='coco17'):
        self.annotation, self.layout, self.paths = annotation, layout, []

    def __call__(self, path):
        self.paths.append(path)
        return {key: value for key, value in self.annotation.items() if key != 'label'}


def frames_of(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format='rgb24') for frame in container.decode(video=0)]


def scores(answer):
    return [prediction['scores'] for prediction in answer['predictions']]
