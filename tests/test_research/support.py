"""Made-up rows of results."""
from research.ablation.results import FIELDS


def make_row(settings='s', seed=0, top1=0.5, **changes):
    """A row of results of 100 test clips."""
    row = dict.fromkeys(FIELDS)
    usual = dict(settings=settings, config='c', seed=seed, num_test=100, correct=round(100 * top1),
                 top1=top1, val_top1=0.4, minutes=1.5, parameters=1_234_567)
    return {**row, **usual, **changes}
