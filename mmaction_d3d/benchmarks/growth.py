"""How the cost of a model grows with frames, people, pixels and clips: counted, not timed."""
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from mmengine.config import Config, ConfigDict

from ..errors import InputError
from ..evaluation.complexity import count_config
from .models import Subject
from .report import Row

COLUMNS = dict(name='model', form='attention', axis='grows with', values='from, to',
               whole='GMACs, from', most='GMACs, to', whole_exponent='exponent',
               deformable_exponent='of deformable attention', joint_exponent='of joint attention',
               temporal_exponent='of temporal attention')
AXES = dict(frames=(6, 12, 24, 48), people=(1, 2, 4, 8), pixels=(112, 224, 448), clips=(1, 8, 32))
_ALL = dict(window=10**6)
#: What tables call a form of the model: settings of its block, and what is counted in this form.
FORMS: dict[str, tuple[dict[str, dict], tuple[str, ...]]] = {
    'as it is': ({}, tuple(AXES)),
    'full joint and temporal': (dict(joint=_ALL, temporal=_ALL), ('frames', 'people', 'pixels')),
    'searched_frames=6': (dict(deformable=dict(searched_frames=6)), ('frames', )),
}
#: Parts to their colors.
_PARTS = dict(whole='black', deformable='tab:green', joint='tab:orange', temporal='tab:blue')
_STYLES = ('-', '--', ':')


def growth(x: Sequence[float], y: Sequence[float]) -> float:
    """Exponent p of the least squares fit y ~ x^p."""
    return round(float(np.polyfit(np.log(x), np.log(y), 1)[0]), 6) + 0.  # of what is constant: 0


def _count(which: Subject, form: str, axis: str, value: int) -> Row:
    """Billions of multiply-adds at a size, by part; clips multiply all alike."""
    channels, frames, height, width = which.shapes['imgs']
    cfg, clips = Config(dict(model=ConfigDict(which.model).to_dict())), 1
    backbone = cfg.model.backbone
    joints, people = backbone.num_joints, backbone.num_person
    if axis == 'frames':
        frames = value
    elif axis == 'people':
        people = value
    elif axis == 'pixels':
        height = width = value
    else:
        clips = value
    cfg.merge_from_dict(dict(model=dict(backbone=dict(num_person=people, block=FORMS[form][0]))))
    shapes = dict(imgs=(channels, frames, height, width), keypoint=(frames, people * joints, 3))
    counts = count_config(cfg.model, shapes)
    labels = dict(whole='total', deformable='deformable attention', joint='joint stride attention',
                  temporal='temporal stride attention')
    gmacs = {
        part: clips * counts[label].macs / 1e9 for part, label in labels.items() if label in counts
    }
    return dict(name=which.name, form=form, axis=axis, value=value, **gmacs)


def measure(which: Subject) -> list[Row]:
    """Count a model at several sizes and in several forms.

    Returns:
        A row for each, with billions of multiply-adds by part.

    Raises:
        InputError: It is not of this project.
    """
    if set(which.shapes) != {'imgs', 'keypoint'}:
        raise InputError(which.name, 'model', ', '.join(which.shapes), 'one of imgs and keypoint')
    return [
        _count(which, form, axis, value) for form, (_, axes) in FORMS.items()
        for axis, values in AXES.items() if axis in axes for value in values
    ]


def _curves(rows: Sequence[Row]) -> dict[tuple[str, str, str], list[Row]]:
    """Rows by model, axis and form, along the axis."""
    curves: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        curves.setdefault((row['name'], row['axis'], row['form']), []).append(row)
    return curves


def exponents(rows: Sequence[Row]) -> list[Row]:
    """Summarize :func:`measure`'s rows.

    Returns:
        Rows of :data:`COLUMNS`: each exponent over all sizes, with the least and the greatest from
        one size to the next as ``_low`` and ``_high``.
    """
    summary = []
    for (name, axis, form), points in _curves(rows).items():
        first, last = points[0], points[-1]
        row = dict(name=name, form=form, axis=axis, values=f'{first["value"]} to {last["value"]}',
                   whole=first['whole'], most=last['whole'])
        for part in _PARTS:
            if isinstance(first.get(part), (int, float)):
                x, y = ([point[key] for point in points] for key in ('value', part))
                steps = [growth(*zip(*step)) for step in pairwise(zip(x, y))]
                row[f'{part}_exponent'] = growth(x, y)
                row[f'{part}_exponent_low'] = min(steps)
                row[f'{part}_exponent_high'] = max(steps)
        summary.append(row)
    return summary


def draw(rows: Sequence[Row], path: str | Path) -> None:
    """Draw multiply-adds of the first model's parts and forms, an axis a panel.

    Args:
        rows: Of :func:`measure`.
        path: PNG to write.
    """
    from matplotlib.figure import Figure
    picture = Figure(figsize=(3.2 * len(AXES), 4.2), layout='constrained')
    panels = dict(zip(AXES, picture.subplots(1, len(AXES), sharey=True)))
    for (name, axis, form), points in _curves(rows).items():
        if name != rows[0]['name']:
            continue
        values = [point['value'] for point in points]
        panel, style = panels[axis], _STYLES[list(FORMS).index(form)]
        for part, color in _PARTS.items():
            if isinstance(points[0].get(part), (int, float)):
                panel.plot(values, [point[part] for point in points], style, color=color,
                           marker='o', markersize=4, label=f'{part}, {form}')
        panel.set_xscale('log')
        panel.set_yscale('log')
        panel.set_xlabel(axis)
        panel.set_xticks(values, [str(value) for value in values])
        panel.minorticks_off()
    first = panels['frames']
    first.set_ylabel('GMACs')
    picture.legend(*first.get_legend_handles_labels(), loc='outside lower center', ncols=3,
                   fontsize='small')
    picture.savefig(path, dpi=80, metadata=dict(Software=None))
