"""Every tool ends on a wrong input with exit code 2 and one line that says what is wrong."""
import os
import re
from pathlib import Path

import pytest
import torch

LINE = re.compile(r'error: .+?: .+: found .+, want .+')

# name: (tool, what to do with the good arguments and data, what the last line says)
CASES = {}


def case(tool, says):
    """Adds a function that takes (args, data) and returns the arguments of a wrong call."""

    def add(arrange):
        name = arrange.__name__.strip('_').replace('_', ' ')
        CASES[f'{tool}: {name}'] = (tool, arrange, says)
        return arrange

    return add


def option(name, value, says):
    """Adds a wrong value of --cfg-options for training."""
    CASES[f'train.py: {name}'] = ('train.py', lambda args, data: [*args, value], says)


def with_config(args, text):
    """The arguments with a config file of this text in place of the good one."""
    path = Path(args[2]).parent / 'mine.py'
    path.write_text(text)
    return [path, *args[1:]]


def with_checkpoint(args, content):
    """The arguments of test.py with a checkpoint of this content, bytes or what torch saves."""
    path = Path(args[2]).parent / 'mine.pth'
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    return [args[0], path, *args[1:]]


@case('train.py', r'none\.py: config: found .*No such file')
def no_config(args, data):
    return ['none.py', *args[1:]]


@case('train.py', r'mine\.py: config: found .*none\.py')
def no_base_config(args, data):
    return with_config(args, "_base_ = './none.py'")


@case('train.py', r'mine\.py: line 2: found .*never closed, want Python')
def config_is_not_python(args, data):
    return with_config(args, 'a = 1\nb = (')


@case('train.py', r'mine\.py: config: found NameError.*nothing')
def config_names_what_is_not(args, data):
    return with_config(args, 'a = nothing')


@case('train.py', r'mine\.py: model: found nothing')
def config_without_a_model(args, data):
    return with_config(args, 'data_root = "{{$MMACTION_D3D_DATA:data}}"')[:5]


@case('train.py', r'none: --data-root: found no such folder')
def no_data_root(args, data):
    return [*args[:2], 'none', *args[3:]]


@case('train.py', r'mine\.py: --data-root: found a config with fixed paths')
def data_root_without_effect(args, data):
    return with_config(args, "model = dict(type='D3DRecognizer')")


@case('train.py', r'auto_scale_lr\.base_batch_size: found nothing')
def no_batch_size_to_scale_from(args, data):
    return [*args, 'auto_scale_lr=None', '--auto-scale-lr']


@case('train.py', r'optim_wrapper\.type: found ApexOptimWrapper')
def no_amp_of_another_kind(args, data):
    return [*args, 'optim_wrapper.type=ApexOptimWrapper', '--amp']


option('no KEY=VALUE', 'train_cfg', r'command line: --cfg-options: found train_cfg, want KEY=VAL')
option('misspelt key', 'train_dataloder.batch_size=1', r'train_dataloder\S*: found no such key')
option('dict where a value is', 'train_cfg.max_epochs.x=1', r'max_epochs')
option('argument of no class', 'model.backbone.clip_ln=8', r"'clip_ln'")
option('argument of no optimiser', 'optim_wrapper.optimizer.lrr=8', r"'lrr'")
option('argument of no loader', 'train_dataloader.batchsize=8', r"'batchsize'")
option('type of no class', 'model.type=D4D', r'D4D is not in the mmaction::model registry')
option(
    'classes that the data has not', 'model.cls_head.num_classes=5',
    r'model\.cls_head\.num_classes: found 5, want 6, to match train_dataloader\.dataset\.num_cl')
option('joints that the data has not', 'model.backbone.num_joints=25',
       r'model\.backbone\.num_joints: found 25, want 17, to match train_dataloader.dataset.layout')
option('people that the data has not', 'model.backbone.num_person=1',
       r'model\.backbone\.num_person: found 1, want 2')
option('input that the backbone cannot take', 'train_dataloader.dataset.pipeline.4.scale=(8,8)',
       r'8')
option('no checkpoint to start from', 'load_from=none.pth', r'none\.pth: checkpoint: found no such')


@case('train.py', r'none\.pth: checkpoint: found no such file')
def no_checkpoint_to_resume(args, data):
    return [*args, '--resume', 'none.pth']


@case('train.py', r'mine\.pth: state_dict: found 1 tensors, 0 of which fit')
def checkpoint_to_resume_of_another_model(args, data):
    _, path, *_ = with_checkpoint(args, dict(state_dict=dict(a=torch.ones(1))))
    return [*args, '--resume', path]


@case('train.py', r"set1_movenet\.pkl: split\['train'\]: found no entries")
def empty_split(args, data):
    data.content['split']['train'] = []
    return args


@case('train.py', r"set1_movenet\.pkl: split: found no split 'train'")
def missing_split(args, data):
    del data.content['split']['train']
    return args


@case('train.py', r'annotations\[0\].*label: found 6')
def label_out_of_range(args, data):
    data.annotations[0]['label'] = 6
    return args


@case('train.py', r'annotations\[0\].*keypoint: found 8 frames, want 9')
def keypoints_of_another_length(args, data):
    data.annotations[0]['total_frames'] += 1
    return args


@case('train.py', r'annotations\[0\].*keypoint: found 13 joints, want 17')
def keypoints_of_another_layout(args, data):
    for key in ('keypoint', 'keypoint_score'):
        data.annotations[0][key] = data.annotations[0][key][:, :, :13]
    return args


@case('train.py', r'clip0')
def missing_video(args, data):
    (data.video_dir / 'clip0.mp4').unlink()
    return args


@case('train.py', r'clip0\.mp4')
def unreadable_video(args, data):
    (data.video_dir / 'clip0.mp4').write_bytes(b'no video')
    return args


def diverging(args, rate):
    return [
        *args, 'train_dataloader.batch_size=1', f'optim_wrapper.optimizer.lr={rate}',
        'param_scheduler=None'
    ]


@case(
    'train.py', r'd3d_ut_interaction\.py: (loss|gradient): found .*, want a finite number; '
    r'epoch 1, iteration 2, of the clips clip[01]')
def learning_rate_that_is_far_too_high(args, data):
    return diverging(args, 1e30)


@case('train.py', r'optimizer: found a step that no weight can hold, want .* the clips clip[01]')
def learning_rate_that_no_float_holds(args, data):
    return diverging(args, 1e38)


@case('test.py', r'none\.pth: checkpoint: found no such file')
def no_checkpoint(args, data):
    return [args[0], 'none.pth', *args[1:]]


@case('test.py', r'mine\.pth: checkpoint: found .*, want a checkpoint that')
def checkpoint_that_is_none(args, data):
    return with_checkpoint(args, b'no checkpoint')


@case('test.py', r'mine\.pth: checkpoint: found .*, want a checkpoint that')
def empty_checkpoint(args, data):
    return with_checkpoint(args, b'')


@case('test.py', r'mine\.pth: checkpoint: found \S*getcwd, which may be harmful code')
def checkpoint_that_would_run_code(args, data):
    return with_checkpoint(args, dict(state_dict=os.getcwd))


@case('test.py', r'mine\.pth: a: found nan or inf, want finite numbers')
def checkpoint_of_a_training_that_failed(args, data):
    return with_checkpoint(args, dict(state_dict=dict(a=torch.full((2, ), float('nan')))))


@case('test.py', r'mine\.pth: checkpoint: found no tensors but \[')
def checkpoint_of_a_list(args, data):
    return with_checkpoint(args, [torch.ones(1)])


@case('test.py', r'mine\.pth: state_dict: found 1 tensors, 0 of which fit')
def checkpoint_of_another_model(args, data):
    return with_checkpoint(args, dict(state_dict=dict(a=torch.ones(1))))


@case('test.py', r'command line: --dump: found scores\.txt')
def dump_that_is_no_pickle(args, data):
    return [args[0], 'any.pth', *args[1:], '--dump', 'scores.txt']


@case('test.py', r'command line: --fuse-weights: found no --fuse, want files')
def weights_of_nothing(args, data):
    return [args[0], 'any.pth', *args[1:], '--fuse-weights', '1', '2']


@case('test.py', r'default_hooks\.visualization: found nothing')
def nothing_that_draws(args, data):
    return [args[0], 'any.pth', *args[1:], 'default_hooks=None', '--show']


@case('visualize.py', r'none\.pth: checkpoint: found no such file')
def no_checkpoint_to_draw(args, data):
    return ['attention', args[0], 'none.pth', *args[1:]]


@case('visualize.py', r'model\.backbone\.num_joints: found 17, want 25, to match .*\.layout')
def joints_of_another_layout_to_draw(args, data):
    return ['joints', args[0], 'none.pth', *args[1:], 'test_dataloader.dataset.layout=ntu25']


@case('visualize.py', r'command line: --shares: found 1\.5, want more than 0')
def more_than_all_to_delete(args, data):
    return ['faithfulness', args[0], 'none.pth', *args[1:], '--shares', '1.5']


@case('visualize.py', r'WORK_DIR: found neither \*\.npz nor')
def work_directory_of_no_run(args, data):
    return ['run', data.video_dir]


@case('analysis/get_flops.py', r'none\.py: config: found .*No such file')
def no_config_to_count(args, data):
    return ['none.py']


@case('quickstart.py', r'folder: found files of something else, want an empty or new folder')
def folder_of_other_data(args, data):
    return ['--data-root', data.root]


@case('data/make_synthetic.py', r'command line: --seed: found -1, want at least 0')
def seed_that_is_none(args, data):
    return ['--out', data.root / 'made', '--seed', '-1']


@pytest.mark.parametrize('tool, arrange, says', CASES.values(), ids=CASES)
def test_tool_says_what_is_wrong(run_tool, ut_args, ut_data, tool, arrange, says):
    args = arrange(ut_args, ut_data)
    ut_data.save()
    ended = run_tool(tool, *args)
    assert (ended.code, 'Traceback' in ended.out + ended.err) == (2, False), ended.err
    assert LINE.fullmatch(ended.last_line) and re.search(says, ended.last_line), ended.last_line


@pytest.mark.parametrize('tool, args', [('train.py', ['none.py']),
                                        ('test.py', ['none.py', 'none.pth']),
                                        ('visualize.py', ['attention', 'none.py', 'none.pth']),
                                        ('analysis/get_flops.py', ['none.py']),
                                        ('quickstart.py', ['--data-root', '/dev/null']),
                                        ('data/make_synthetic.py', ['--seed', '-1'])])
def test_debug_shows_the_traceback(run_tool, tool, args):
    ended = run_tool(tool, *args, '--debug')
    assert 'Traceback' in ended.err and LINE.fullmatch(ended.last_line)
