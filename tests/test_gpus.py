"""What torch says of GPUs, as a user reads it. No GPU is needed: torch's sentences stand in."""
import re
import sys

import pytest
import torch

from mmaction_d3d import cli, gpus
from mmaction_d3d.errors import InputError

# torch 2.11's own sentences.
OLD = ('The NVIDIA driver on your system is too old (found version 11040). Please update your GPU '
       'driver by downloading and installing a new version from the URL: http://www.nvidia.com/')
NO_DRIVER = ('Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and '
             'installed a driver from http://www.nvidia.com/Download/index.aspx')
SENTENCES = {
    OLD:
    'this machine: NVIDIA driver: found one of CUDA 11.4, which is too old, want a newer',
    'CUDA driver version is insufficient for CUDA runtime version':
    'this machine: NVIDIA driver: found one that is too old, want a newer one, as PyTorch',
    NO_DRIVER:
    'this machine: GPU: found none that PyTorch',
    'No CUDA GPUs are available':
    'this machine: GPU: found none that PyTorch',
    'Torch not compiled with CUDA enabled':
    'this machine: GPU: found none that PyTorch',
    'CUDA error: invalid device ordinal\nGPU device may be out of range, do you have enough GPUs?':
    'this machine: GPU: found a number beyond the last, want one of 0 GPUs',
    "Invalid device string: 'cuda:a'":
    "this machine: device: found Invalid device string: 'cuda:a', want such as cuda:0 or cpu",
    'CUDA error: no kernel image is available for execution on the device':
    'this machine: GPU: found a kind that PyTorch',
}


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'mem_get_info', lambda: (2**30, 8 * 2**30))


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)


@pytest.fixture
def last_line(monkeypatch, capfd):
    """The exit code and last line of a tool whose main raises an error."""

    def run(error):

        def main():
            raise error

        monkeypatch.setattr(sys, 'argv', ['tool.py'])
        with pytest.raises(SystemExit) as stop:
            cli.run(main)
        return stop.value.code, capfd.readouterr().err.splitlines()

    return run


@pytest.mark.parametrize('text', SENTENCES)
def test_a_tool_ends_with_one_line(monkeypatch, last_line, text):
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 0)
    kind = AssertionError if 'compiled' in text else RuntimeError
    code, (line, ) = last_line(kind(text))
    assert code == 2 and line.startswith(f'error: {SENTENCES[text]}')


def test_a_full_gpu_says_how_much_it_has(memory, last_line):
    assert last_line(torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2 GiB')) == (2, [
        'error: GPU: memory: found 8.0 GiB in all, too little, want a smaller batch, fewer '
        'frames or a smaller crop'
    ])


@pytest.mark.parametrize('error', [RuntimeError('shapes differ'), ValueError(OLD)])
def test_other_errors_keep_their_traceback(error):

    def main():
        raise error

    with pytest.raises(type(error), match=re.escape(str(error))):
        cli.run(main)


def test_found_behind_another_error():
    error = ValueError('while building')
    error.__cause__ = RuntimeError(OLD)
    assert 'NVIDIA driver' in str(gpus.find_gpu_mistake(error))


@pytest.mark.parametrize('text, says', [(OLD, True), (NO_DRIVER, False),
                                        ('No CUDA GPUs are available', False)])
def test_an_old_driver_is_told_from_no_gpu(monkeypatch, text, says):

    def init():
        raise RuntimeError(text)

    monkeypatch.setattr(torch.version, 'cuda', '13.0')
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    monkeypatch.setattr(torch.cuda, 'init', init)
    assert gpus.unused_gpu() == (text.partition('. ')[0] if says else None)


@pytest.mark.parametrize('launcher, variables',
                         [('pytorch', dict(LOCAL_RANK=0, LOCAL_WORLD_SIZE=4)),
                          ('pytorch', dict(LOCAL_RANK=3)), ('slurm', dict(SLURM_LOCALID=3)),
                          ('mpi', dict(OMPI_COMM_WORLD_LOCAL_RANK=3))])
def test_more_processes_than_gpus_are_refused(monkeypatch, two_gpus, launcher, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    with pytest.raises(InputError, match='command line: GPUS: found 4, want at most 2, as many'):
        gpus.check_processes(launcher)
    gpus.check_processes('none')
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    gpus.check_processes(launcher)  # processes share the CPUs


def test_as_many_processes_as_gpus_pass(monkeypatch, two_gpus):
    monkeypatch.setenv('LOCAL_RANK', '1')
    monkeypatch.setenv('LOCAL_WORLD_SIZE', '2')
    gpus.check_processes('pytorch')
