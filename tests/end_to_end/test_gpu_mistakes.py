"""What a run says of full, missing and unused GPUs. Counted clips stand in for a GPU's memory."""
import pytest
import torch

from mmaction_d3d.models.recognizers import D3DRecognizer

GIB = 2**30


class Memory:
    """A GPU of 8 GiB where each clip takes ``clip`` bytes, and more than ``most`` do not fit."""

    def __init__(self, clip, most):
        self.clip, self.most, self.peak = clip, most, 0

    def hold(self, clips):
        self.peak = max(self.peak, clips * self.clip)
        if clips * self.clip > 8 * GIB or clips > self.most:
            raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 20.00 MiB.')

    def forget_peak(self):
        self.peak = 0


@pytest.fixture
def memory(monkeypatch):
    """Makes such a GPU."""

    def make(clip, most=9):
        made, forward = Memory(clip, most), D3DRecognizer.forward

        def watch(self, inputs, *args, **kwargs):
            made.hold(len(inputs['imgs']))
            return forward(self, inputs, *args, **kwargs)

        monkeypatch.setattr(D3DRecognizer, 'forward', watch)
        for name, stand_in in (('mem_get_info', lambda:
                                (8 * GIB, 8 * GIB)), ('memory_allocated', lambda: 0),
                               ('max_memory_allocated', lambda: made.peak),
                               ('empty_cache', lambda: None), ('reset_peak_memory_stats',
                                                               made.forget_peak)):
            monkeypatch.setattr(torch.cuda, name, stand_in)

    return make


@pytest.fixture
def full_args(rgb_pose_data, ut_args):
    """The arguments of training in batches of ``size``, on four clips."""
    data = rgb_pose_data(num_videos=8, num_frames=4, num_person=2)
    data.ann_file = data.root / 'set1_movenet.pkl'
    data.save()
    args = [*ut_args]
    args[args.index('--data-root') + 1] = data.root
    return lambda size: [
        *args, f'train_dataloader.batch_size={size}', f'test_dataloader.batch_size={size}'
    ]


# 90 % of 8 GiB hold so many; of what failed, at most one less.
@pytest.mark.parametrize('size, clip, fits', [(2, 5, 1), (4, 3, 2), (4, 2.1, 3), (4, 2.6, 2),
                                              (2, 9, 0), (1, 9, 0)])
def test_training_names_a_batch_that_fits(memory, run_tool, full_args, size, clip, fits):
    memory(clip * GIB)
    ended = run_tool('train.py', *full_args(size))
    want = (f'about {fits}, an estimate from the memory of one clip (optim_wrapper.'
            'accumulative_counts makes up for a smaller batch)') if fits else (
                'fewer frames or a smaller crop: not even one clip fits')
    assert ended.code == 2
    assert ended.last_line.endswith(
        f'd3d_ut_interaction.py: train_dataloader.batch_size: found {size}, too much for the '
        f'8.0 GiB of this GPU, want {want}')


def test_a_test_names_a_batch_that_fits(memory, run_tool, full_args, trained):
    memory(3 * GIB)
    config, *args = full_args(4)
    ended = run_tool('test.py', config, trained, *args)
    assert ended.code == 2
    assert ended.last_line.endswith('test_dataloader.batch_size: found 4, too much for the 8.0 GiB '
                                    'of this GPU, want about 2, an estimate from the memory of one '
                                    'clip')


def test_the_batch_that_was_named_trains(memory, run_tool, full_args):
    memory(3 * GIB)
    assert run_tool('train.py', *full_args(2)).code == 0


def test_more_processes_than_gpus(run_tool, ut_args, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 1)
    monkeypatch.setenv('LOCAL_WORLD_SIZE', '4')  # of tools/dist_train.sh CONFIG 4
    ended = run_tool('train.py', *ut_args, '--launcher', 'pytorch')
    assert (ended.code, ended.last_line) == (
        2, 'error: command line: GPUS: found 4, want at most 1, as many as this machine has')


def test_a_run_says_why_the_gpu_is_left_aside(run_tool, ut_args, work_dir, monkeypatch):
    monkeypatch.setattr('mmaction_d3d.engine.build.unused_gpu', lambda: 'The driver is too old')
    assert run_tool('train.py', *ut_args).code == 0
    log, = work_dir.glob('*/*.log')
    assert ('WARNING - The GPU is left aside, all is computed on the CPU: The driver is too old'
            in log.read_text())


def test_what_did_not_fit_is_not_named(memory, run_tool, full_args):
    memory(0.1 * GIB, most=3)  # one clip promises 72
    assert 'want about 3, an estimate' in run_tool('train.py', *full_args(4)).last_line
