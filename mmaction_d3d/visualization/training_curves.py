"""Loss, learning rate and validation accuracy over a training."""

from matplotlib.figure import Figure

_TRAINING = ('loss', 'top1_acc', 'lr', 'grad_norm')


def training_curves(scalars: list[dict]) -> Figure:
    """Draw what a training logged.

    Args:
        scalars: Lines of ``scalars.json``: of training with ``loss`` and ``step``
            (iterations), of validation with ``acc/...`` and ``step`` (epochs).

    Returns:
        A panel a scalar; where a resumed run logged a step again, its last.
    """
    training = {line['step']: line for line in scalars if 'loss' in line}
    validation = {
        line['step']: line for line in scalars
        if 'loss' not in line and any('/' in key for key in line)
    }
    drawn = [key for key in _TRAINING if any(key in line for line in training.values())]
    metrics = sorted({key for line in validation.values() for key in line if '/' in key})
    figure = Figure(figsize=(3.4 * (len(drawn) + bool(metrics)), 2.8), dpi=100,
                    layout='constrained')
    axes = figure.subplots(1, len(drawn) + bool(metrics), squeeze=False)[0]
    for axis, key in zip(axes, drawn):
        points = sorted((step, line[key]) for step, line in training.items() if key in line)
        axis.plot(*zip(*points), color='steelblue', marker='.', ms=3)
        axis.set_title(f'training: {key}', fontsize=9)
        axis.set_xlabel('iteration', fontsize=8)
    if metrics:
        for key in metrics:
            points = sorted((step, line[key]) for step, line in validation.items() if key in line)
            axes[-1].plot(*zip(*points), marker='.', label=key)
        axes[-1].set_title('validation', fontsize=9)
        axes[-1].set_xlabel('epoch', fontsize=8)
        axes[-1].legend(fontsize=7)
    for axis in axes:
        axis.grid(alpha=0.3)
        axis.tick_params(labelsize=7)
    return figure
