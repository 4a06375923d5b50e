"""The tables of ``docs/accuracy.md``, from stored results."""
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation import share_interval
from mmaction_d3d.evaluation.modality_conditions import AS_IS
from mmaction_d3d.files import write_text

from . import crop_size
from .queue import MODELS
from .records import Records

FUSED = dict(fusion=('r2plus1d', 'pose_mlp'))
"""Late fusions: the mean of the probabilities of two models, of the same fold and seed."""
_NAMES = {
    **MODELS, 'fusion': 'late fusion of R(2+1)D and the MLP', crop_size.NAME:
    'forest on the size and length of the clip'
}

Hits = dict[tuple[str, int], int]
"""Clip and seed to whether it was recognised."""


def _scores(text: str) -> np.ndarray:
    return np.array(text.split(), float)


def _valid_clips(records: Records, settings: dict[str, str], split: str) -> list[dict]:
    """Return the records of runs of today's configs."""
    return [
        clip for clip in records.clips if clip['split'] == split and records.finished(
            clip['config'], clip['fold'], clip['seed'], settings.get(clip['config'], ''))
    ]


def hits_of(records: Records, settings: dict[str, str]) -> dict[tuple[str, str], Hits]:
    """Return which test clips each model recognised, in each condition; late fusions included."""
    hits: dict[tuple[str, str], Hits] = defaultdict(dict)
    scores: dict[str, dict] = defaultdict(dict)
    for clip in _valid_clips(records, settings, 'test'):
        place = clip['clip'], clip['seed']
        hits[clip['config'], clip['condition']][place] = clip['right']
        if clip['condition'] == AS_IS and clip['scores']:
            scores[clip['config']][place] = _scores(clip['scores']), clip['label']
    for name, (first, second) in FUSED.items():
        for place in scores[first].keys() & scores[second].keys():
            (score, label), (other, _) = scores[first][place], scores[second][place]
            hits[name, AS_IS][place] = int((score + other).argmax() == label)
    return hits


def mean_of(values: Hits, signed: bool = False) -> str:
    """Return the mean of what clips gave, in percent, with its interval over clips.

    Clips are drawn anew, each with all its seeds (bootstrap): seeds tell what other trainings give,
    clips what other videos give.

    Args:
        values: By clip and seed: 0 or 1, or differences of these.
        signed: Whether to write signs.
    """
    if not values:
        return ''
    by_clip: dict[str, list[int]] = defaultdict(list)
    for (clip, _), value in sorted(values.items()):  # one order, one draw
        by_clip[clip].append(value)
    sums, counts = zip(*((sum(each), len(each)) for each in by_clip.values()))
    low, high = share_interval(sums, counts)
    form = '{:+.1f} ({:+.1f} to {:+.1f})' if signed else '{:.1f} ({:.1f} to {:.1f})'
    return form.format(100 * sum(sums) / sum(counts), 100 * low, 100 * high)


def difference(hits: Hits, reference: Hits) -> str:
    """Return the mean difference on the clips and seeds that both have; empty without any."""
    return mean_of({place: hits[place] - reference[place] for place in hits.keys() & reference},
                   signed=True)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ['---'] * len(head), *rows]
    return ''.join('| ' + ' | '.join(line) + ' |\n' for line in lines)


def _figures(records: Records, settings: dict[str, str], model: str) -> tuple[str, str, str]:
    """Return training and validation accuracy and parameters."""
    rows = [
        row for row in records.runs if row['config'] == model
        and records.finished(model, row['fold'], row['seed'], settings[model])
    ]
    if not rows:
        return '', '', ''
    train, val = (f'{100 * np.mean([row[f"{part}_top1"] for row in rows]):.1f}'
                  for part in ('train', 'val'))
    return train, val, f'{(rows[0]["parameters"] or 0) / 1e6:.2f}'


def accuracy_table(records: Records, settings: dict[str, str]) -> str:
    """Return the table of all models, the best first."""
    hits = hits_of(records, settings)
    tested = {model: hits[model, AS_IS] for model in _NAMES if hits[model, AS_IS]}
    rows = []
    for model in sorted(tested, key=lambda model: -np.mean(list(tested[model].values()))):
        clips, seeds = ({place[axis] for place in tested[model]} for axis in (0, 1))
        figures = ('', '', '') if model in FUSED else _figures(records, settings, model)
        rows.append([
            _NAMES[model],
            mean_of(tested[model]), f'{len(clips)} x {len(seeds)}',
            '' if model == 'd3d' else difference(tested[model], hits['d3d', AS_IS]), *figures
        ])
    return _table(
        ('model', 'test top-1, % (95 %)', 'clips x seeds', 'difference to D3D, paired (95 %)',
         'training top-1, %', 'val top-1, %', 'M parameters'), rows)


def removal_table(records: Records, settings: dict[str, str]) -> str:
    """Return what removing a modality at test time costs each model of both."""
    hits = hits_of(records, settings)
    rows = [[
        _NAMES[model], condition,
        mean_of(counts), '' if condition == AS_IS else difference(counts, hits[model, AS_IS])
    ] for model in MODELS for (other, condition), counts in hits.items()
            if other == model and any(name == model and each != AS_IS for name, each in hits)]
    return _table(('model', 'condition', 'test top-1, % (95 %)', 'difference, paired (95 %)'), rows)


def missing_list(missing: list[tuple[str, int, int]]) -> str:
    """Name the runs that are still to be done."""
    if not missing:
        return 'All runs are done.\n'
    by_model: dict[str, list[str]] = defaultdict(list)
    for model, fold, seed in missing:
        by_model[model].append(f'fold {fold} seed {seed}')
    head = f'{len(missing)} runs are still to be done, or were done with an older config:\n\n'
    return head + ''.join(f'- {MODELS[model]}: {", ".join(runs)}\n'
                          for model, runs in by_model.items())


def write_page(page: str | Path, records: Records, settings: dict[str, str],
               missing: list[tuple[str, int, int]]) -> None:
    """Renew the tables of a page, each between a pair of markers such as ``<!-- accuracy -->``.

    Args:
        page: Markdown file.
        records: Stored results.
        settings: Fingerprints of today's configs; results of others are left out.
        missing: Runs to be done.

    Raises:
        InputError: The page lacks a pair of markers.
    """
    page = Path(page)
    settings = settings | {crop_size.NAME: crop_size.settings()}
    text = page.read_text('utf-8')
    sections = dict(accuracy=accuracy_table(records, settings),
                    removal=removal_table(records, settings), missing=missing_list(missing))
    for name, section in sections.items():
        marked = re.compile(rf'(<!-- {name} -->\n).*?(<!-- end {name} -->)', re.S)
        if not marked.search(text):
            raise InputError(page, 'markers', 'none', f'<!-- {name} --> and <!-- end {name} -->')
        text = marked.sub(lambda match, section=section: match[1] + section + match[2], text)
    write_text(page, text)
