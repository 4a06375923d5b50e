"""How far a measured figure can be from what more clips or more seeds would give."""
from collections.abc import Sequence

import numpy as np
from scipy import stats

_DRAWN_AT_ONCE = 10**7  # indices, so that memory stays the same over any number of clips


def wilson_interval(correct: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """Compute Wilson's score interval of a proportion (Wilson, 1927).

    Args:
        correct: Successes, 0 to ``total``.
        total: Trials, at least 1.
        level: How often such an interval holds the true value. Defaults to 0.95.

    Returns:
        Low and high, within 0 and 1.
    """
    low, high = stats.binomtest(int(correct), int(total)).proportion_ci(level, 'wilson')
    return float(low), float(high)


def falls(before: Sequence[bool], after: Sequence[bool]) -> bool:
    """Tell whether fewer of the same clips are right than before: exact sign test (McNemar, 1947).

    Chance alone is taken for a fall in 2.5 % of all cases at most.

    Args:
        before: Of each clip, whether it was right.
        after: Whether it is now.
    """
    lost, gained = (sum(a and not b for a, b in zip(*pair, strict=True))
                    for pair in ((before, after), (after, before)))
    if not lost:
        return False
    return bool(stats.binomtest(lost, lost + gained, alternative='greater').pvalue < 0.025)


def mean_interval(values: Sequence[float], level: float = 0.95,
                  normal: bool = False) -> tuple[float, float]:
    """Compute the interval of a mean: Student's t.

    Args:
        values: What was measured, one independent of another.
        level: As for :func:`wilson_interval`.
        normal: Whether the normal distribution stands in for t, as it may with hundreds of values.
            Defaults to False.

    Returns:
        Low and high, nan where there are fewer than two values.
    """
    if len(values) < 2:
        return float('nan'), float('nan')
    end = (1 + level) / 2
    quantile = stats.norm.ppf(end) if normal else stats.t.ppf(end, len(values) - 1)
    mean, half = np.mean(values), quantile * stats.sem(values)
    return float(mean - half), float(mean + half)


def share_interval(part: Sequence[int], whole: Sequence[int],
                   level: float = 0.95) -> tuple[float, float]:
    """Compute the interval of a share by drawing clips anew (bootstrap, 2000 times, seed 0).

    For what is counted several times a clip: counts of one clip are alike, so clips are drawn.

    Args:
        part: Of each clip, how many are.
        whole: Of each clip, how many could be.
        level: As for :func:`wilson_interval`.

    Returns:
        Low and high, nan where there are fewer than two clips.
    """
    if len(part) < 2:
        return float('nan'), float('nan')
    low, high = stats.bootstrap((part, whole), _share, n_resamples=2000,
                                batch=-(-_DRAWN_AT_ONCE // len(part)), vectorized=True, paired=True,
                                confidence_level=level, method='percentile',
                                random_state=np.random.default_rng(0)).confidence_interval
    return float(low), float(high)


def _share(part: np.ndarray, whole: np.ndarray, axis: int = -1) -> np.ndarray:
    return part.sum(axis) / np.maximum(whole.sum(axis), 1)
