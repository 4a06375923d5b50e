"""Every tool ends on a wrong input with exit code 2 and one line that says what is wrong."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]
FORM = re.compile(r'error: (?P<file>.+?): (?P<field>.+): found (?P<found>.+), want (?P<want>.+)')


def write(path, text):
    path.write_text(text)
    return path


def annotation(**fields):
    """A change of the first annotation of the data set."""
    return lambda data: data.annotations[0].update(fields)


def empty_split(data):
    data.content['split']['train'] = []


def missing_split(data):
    del data.content['split']['train']


def too_few_frames(data):
    data.annotations[0]['total_frames'] += 1


def missing_video(data):
    (data.video_dir / 'clip0.mp4').unlink()


def unreadable_video(data):
    (data.video_dir / 'clip0.mp4').write_bytes(b'no video')


DATA = {
    'empty split': (empty_split, r'set1_movenet.pkl: .*split'),
    'missing split': (missing_split, r'set1_movenet.pkl: .*split'),
    'label out of range': (annotation(label=6), r'annotations\[0\].label: found 6, want .*6'),
    'keypoints of other length': (too_few_frames, r'annotations\[0\].keypoint'),
    'keypoints of another layout': (
        lambda data: data.annotations[0].update(
            keypoint=data.annotations[0]['keypoint'][:, :, :13],
            keypoint_score=data.annotations[0]['keypoint_score'][:, :, :13]),
        r'annotations\[0\].keypoint'),
    'missing video': (missing_video, r'clip0'),
    'unreadable video': (unreadable_video, r'clip0.mp4'),
    'video cannot be a pickle': (
        lambda data: data.ann_file.write_bytes(b'not a pickle'), r'set1_movenet.pkl'),
}

OPTIONS = {
    'no KEY=VALUE': ('train_cfg', r'command line: --cfg-options: found train_cfg, want KEY=VALUE'),
    'misspelt key': ('train_dataloder.batch_size=1', r'train_dataloder'),
    'value where a dict is': ('train_cfg.max_epochs.x=1', r'max_epochs'),
    'argument no class has': ('model.backbone.clip_ln=8', r'clip_ln'),
    'argument no optimiser has': ('optim_wrapper.optimizer.lrr=8', r'lrr'),
    'type that nobody registered': ('model.type=D4D', r'D4D'),
    'classes that the data has not': (
        'model.cls_head.num_classes=5',
        r'model.cls_head.num_classes: found 5, want 6, to match train_dataloader.dataset'),
    'joints that the data has not': (
        'model.backbone.num_joints=25', r'model.backbone.num_joints: found 25, want 17'),
    'people that the data has not': (
        'model.backbone.num_person=1', r'model.backbone.num_person: found 1, want 2'),
    'input too small for the backbone': ('train_dataloader.dataset.pipeline.4.scale=(8,8)', r'8'),
    'no checkpoint to start from': ('load_from=none.pth', r'none.pth: checkpoint'),
}


def check(ended, pattern):
    assert ended.code == 2, ended.err
    assert FORM.fullmatch(ended.last_line), ended.last_line
    assert re.search(pattern, ended.last_line), ended.last_line
    assert 'Traceback' not in ended.out + ended.err


@pytest.mark.parametrize('change, pattern', DATA.values(), ids=DATA)
def test_data(run_tool, ut_args, ut_data, change, pattern):
    if change(ut_data) is None:
        ut_data.save()
    check(run_tool('train.py', *ut_args), pattern)


@pytest.mark.parametrize('option, pattern', OPTIONS.values(), ids=OPTIONS)
def test_config_options(run_tool, ut_args, option, pattern):
    check(run_tool('train.py', *ut_args, option), pattern)
