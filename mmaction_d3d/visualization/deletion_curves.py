"""Curves of the deletion test."""

import numpy as np
from matplotlib.figure import Figure

from ..evaluation.faithfulness import DeletionRow

_STYLES = dict(most=('crimson', '-', 'o'), least=('royalblue', '-', 's'),
               random=('grey', '--', '^'), person=('darkorange', ':', 'd'))


def deletion_curves(rows: list[DeletionRow]) -> Figure:
    """Mean score of the true class over the share deleted; bands are 95 % intervals."""
    kinds = list(dict.fromkeys(row.delete for row in rows))
    figure = Figure(figsize=(4 * len(kinds) + 0.5, 3.6), dpi=100, layout='constrained')
    says = dict(cells='cells of the input (pixels to the mean colour)',
                keys="searched points (keys of the block's attention)",
                joints='joints of the input')
    for axis, kind in zip(figure.subplots(1, len(kinds), squeeze=False, sharey=True)[0], kinds):
        for order in dict.fromkeys(row.order for row in rows if row.delete == kind):
            share, score, low, high = np.array([(row.share, row.score, row.low, row.high)
                                                for row in rows
                                                if (row.delete, row.order) == (kind, order)]).T
            colour, line, marker = _STYLES[order]
            label = dict(person='nearest to a joint first').get(
                order, f'{order} attended first' if order != 'random' else 'at random')
            axis.plot(100 * share, score, color=colour, linestyle=line, marker=marker, ms=4,
                      label=label)
            axis.fill_between(100 * share, low, high, color=colour, alpha=0.15, linewidth=0)
        axis.set_title(says[kind], fontsize=9)
        axis.set_xlabel('deleted, %', fontsize=9)
        axis.set_ylim(0, 1)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7)
    figure.axes[0].set_ylabel(f'score of the true class\n(mean of {rows[0].clips} clips, 95 %)',
                              fontsize=9)
    return figure
