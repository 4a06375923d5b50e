"""Is the environment one that this project runs in, and does the device compute at all?"""
import torch

from .. import compat
from ..environment import examine
from .checks import CheckFailed, Figures, Outcome, check
from .context import Context


@check('environment')
def check_environment(context: Context) -> Outcome:
    """Versions, what upstream had to be mended, and one product on the device."""
    findings = examine()
    figures: Figures = dict(packages={f.name: f.installed for f in findings if f.installed},
                            problems={f.name: f.note for f in findings if f.state == 'problem'},
                            mended=compat.report())
    note = f'PyTorch {torch.__version__}'
    if context.device == 'cuda':
        card = torch.cuda.get_device_properties(0)
        figures.update(card=card.name, memory_gib=card.total_memory / 2**30,
                       capability=f'{card.major}.{card.minor}',
                       bfloat16=torch.cuda.is_bf16_supported(including_emulation=False),
                       nccl=torch.distributed.is_nccl_available())
        note += (f', {card.name}, {figures["memory_gib"]:.0f} GiB, '
                 f'{"bfloat16" if figures["bfloat16"] else "no bfloat16: trains in float16"}')
    ones = torch.ones(8, 8, device=context.device)
    if not (ones @ ones == 8).all():
        raise CheckFailed(f'a product of ones is wrong on {context.device}', figures)
    if figures['problems']:
        note += '; check_env.py has doubts about ' + ', '.join(figures['problems'])
    return note, figures
