"""What a run leaves: a row of figures, and of each clip what was said of it."""
from pathlib import Path

from ..ablation import Results

RUN_FIELDS = dict(config=str, fold=int, seed=int, settings=str, updates=int, num_train=int,
                  num_val=int, num_test=int, correct=int, top1=float, val_top1=float,
                  train_top1=float, best_update=int, seconds=float, parameters=int, commit=str)
"""Columns of a run. ``seconds`` are those of training, over all stops; ``best_update`` is that of
the tested checkpoint."""
CLIP_FIELDS = dict(config=str, fold=int, seed=int, split=str, condition=str, clip=str, label=int,
                   right=int, scores=str)
"""Columns of a clip. ``scores`` are probabilities by class; only of the condition ``as is``."""
_RUN = ('config', 'fold', 'seed')
_CLIP = (*_RUN, 'split', 'condition', 'clip')


class Records:
    """The two files: a run counts once its row is there, which is written last.

    Args:
        runs: CSV file of the runs.
    """

    def __init__(self, runs: str | Path) -> None:
        runs = Path(runs)
        self.runs = Results(runs, RUN_FIELDS, _RUN, _RUN)
        self.clips = Results(runs.with_name(f'{runs.stem}_clips.csv'), CLIP_FIELDS, _CLIP, _CLIP)

    def add(self, row: dict) -> None:
        """Store a run, in place of one of other settings."""
        self.clips.forget(**{name: row[name] for name in _RUN})
        self.clips.add(*({**row, **clip} for clip in row['clips']))
        self.runs.add(row)

    def finished(self, config: str, fold: int, seed: int, settings: str) -> bool:
        """Whether a run of just these settings is stored."""
        row = self.runs.get(config, fold, seed)
        return row is not None and row['settings'] == settings
