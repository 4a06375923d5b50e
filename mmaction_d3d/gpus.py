"""What can be wrong with a machine's GPUs, in the words of an InputError."""
import os
import re

import torch

from .errors import InputError, causes

GIB = 2**30
# What torch says of them, and what a user reads: (found, want).
_NONE = r'no NVIDIA driver|No CUDA GPUs|not compiled with CUDA|no CUDA-capable device'
_SENTENCES = (
    (r'driver on your system is too old|driver version is insufficient',
     ('NVIDIA driver', '{driver}', 'a newer one, as {torch} needs')),
    (_NONE, ('GPU', 'none that {torch} can use', 'one, or --device cpu where a tool has it')),
    (r'invalid device ordinal', ('GPU', 'a number beyond the last', 'one of {gpus} GPUs, from 0')),
    (r'device string', ('device', '{text}', 'such as cuda:0 or cpu')),
    (r'no kernel image is available', ('GPU', 'a kind that {torch} is not built for',
                                       'a build of PyTorch for it')),
)
_LOCAL_RANKS = dict(pytorch='LOCAL_RANK', slurm='SLURM_LOCALID', mpi='OMPI_COMM_WORLD_LOCAL_RANK')


def find_gpu_mistake(error: BaseException | None) -> InputError | None:
    """Find what torch says of missing, old and full GPUs behind an exception.

    Args:
        error: Any exception.

    Returns:
        The same as a user reads it, or None where it is of something else.
    """
    for behind in causes(error):
        if isinstance(behind, torch.OutOfMemoryError):
            return InputError('GPU', 'memory', f'{_total()} in all, too little',
                              'a smaller batch, fewer frames or a smaller crop')
        if isinstance(behind, (RuntimeError, AssertionError)):
            for pattern, sentence in _SENTENCES:
                if re.search(pattern, str(behind)):
                    return _mistake(str(behind), *sentence)
    return None


def unused_gpu() -> str | None:
    """Why torch leaves a GPU aside, although there seems to be one.

    Returns:
        The first sentence of torch; None where GPUs serve, or there is none.
    """
    if torch.version.cuda is None or torch.cuda.is_available():
        return None
    try:
        torch.cuda.init()
    except RuntimeError as error:
        sentence = str(error).partition('. ')[0]
        return None if re.search(_NONE, sentence) else sentence
    return None


def check_processes(launcher: str) -> None:
    """Check that a launcher started no more processes on this machine than it has GPUs.

    Without a GPU processes share the CPUs, and any number will do.

    Args:
        launcher: ``none``, ``pytorch``, ``slurm`` or ``mpi``.

    Raises:
        InputError: A process would have no GPU.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if launcher not in _LOCAL_RANKS or not gpus:
        return
    # All processes find the mistake, not the last ones alone, where the number is known.
    processes = max(
        int(os.environ.get(_LOCAL_RANKS[launcher], 0)) + 1,
        int(os.environ.get('LOCAL_WORLD_SIZE', 1)) if launcher == 'pytorch' else 1)
    if processes > gpus:
        raise InputError('command line', 'GPUS', processes,
                         f'at most {gpus}, as many as this machine has')


def _mistake(text: str, field: str, found: str, want: str) -> InputError:
    version = re.search(r'found version (\d+)', text)
    driver = 'one that is too old'
    if version:  # CUDA's way of writing 11.4 is 11040
        number = int(version[1])
        driver = f'one of CUDA {number // 1000}.{number % 1000 // 10}, which is too old'
    words = dict(text=text.splitlines()[0], driver=driver, gpus=torch.cuda.device_count(),
                 torch=f'PyTorch {torch.__version__}')
    return InputError('this machine', field, found.format(**words), want.format(**words))


def _total() -> str:
    return f'{torch.cuda.mem_get_info()[1] / GIB:.1f} GiB'
