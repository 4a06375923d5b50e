"""The pickle that an extraction ends in: labels, and the shards of several machines."""
import os
from typing import Any

from ..datasets import safe_pickle
from ..datasets.annotations import ids_of, name_of, read_annotations
from ..datasets.converters.custom import is_class_number, read_csv
from ..datasets.splits import names_by_split
from ..drop_report import DropReport
from ..errors import InputError, content_of, shown
from ..files import without_suffix

_MOST_SHARDS = 100_000


def join_labels(annotations: list[dict[str, Any]], path: str | None,
                report: DropReport) -> dict[str, Any]:
    """Give extracted annotations labels, splits and class names.

    Args:
        annotations: Of :class:`.extractor.SkeletonExtractor`.
        path: A CSV with the columns path, label and, optionally, split; or a pickle of annotations,
            such as the ``prepare_*.py`` tools write, of which everything is kept but what
            extraction found. None gives no labels.
        report: Gets clips without a label, and labels without a clip.

    Returns:
        ``dict(annotations=, split=, classes=)``, the last two where they are known.

    Raises:
        InputError: The file cannot be read, or no clip has a label.
    """
    if path is None:
        return dict(annotations=annotations)
    known, content = (_read_csv(path) if path.lower().endswith('.csv') else _read_pickle(path))
    named = {
        name: index for index, info in enumerate(known) for name in reversed(ids_of(info))
        if name is not None
    }
    joined, used = [], set()
    for annotation in annotations:
        index = next((named[name] for name in ids_of(annotation) if name in named), None)
        if index is None:
            report.add('no label under its name: left out', annotation['frame_dir'])
        else:
            used.add(index)
            # Extraction knows the video better: size and number of frames are of what decodes.
            joined.append({**known[index], **annotation, **_names(known[index])})
    for index, info in enumerate(known):
        if index not in used:
            report.add('label of no clip: not used', next(filter(None, ids_of(info))))
    if not joined:
        raise InputError(path, 'names', ', '.join(str(ids_of(info)[0]) for info in known[:3]),
                         f'names of the videos, such as {ids_of(annotations[0])[0]}')
    if 'split' in content:
        joined_names = {name for info in joined for name in ids_of(info)}
        content = dict(
            content, split={
                split: [name for name in names if name in joined_names]
                for split, names in content['split'].items()
            })
    return dict(content, annotations=joined)


def _names(info: dict[str, Any]) -> dict[str, str]:
    """Return the names that splits may refer to."""
    return {key: info[key] for key in ('frame_dir', 'filename') if info.get(key) is not None}


def _read_pickle(path: str) -> tuple[list, dict[str, Any]]:
    content = safe_pickle.load(path)
    annotations, splits = read_annotations(content, path)
    extra = {
        key: content[key] for key in ('classes', 'source')
        if (isinstance(content, dict) and content.get(key) is not None)
    }
    return annotations, dict(extra, split=names_by_split(splits, path)) if splits else extra


def _read_csv(path: str) -> tuple[list, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = {}
    lines: dict[str, int] = {}
    for line, row in enumerate(read_csv(path), 2):
        name, label = ((row.get(key) or '').strip() for key in ('path', 'label'))
        if not name or not label:
            raise InputError(path, f'line {line}', f'{name},{label}',
                             'a value for each of path,label, which the first line names')
        name = os.path.normpath(name.replace('\\', '/')).replace(os.sep, '/')
        info: dict[str, Any] = dict(frame_dir=without_suffix(name), filename=name, label=label,
                                    split=(row.get('split') or '').strip())
        if known.setdefault(name, info) != info:
            raise InputError(path, f'line {line}', f'{name} as {label}',
                             f'{known[name]["label"]}, as in line {lines[name]}')
        lines.setdefault(name, line)
    labels = sorted({info['label'] for info in known.values()})
    numbers = all(map(is_class_number, labels))
    content = {} if numbers else dict(classes=labels)
    split: dict[str, list[str]] = {}
    for info in known.values():
        info['label'] = int(info['label']) if numbers else labels.index(info['label'])
        part = info.pop('split')
        if part:
            split.setdefault(part, []).append(info['frame_dir'])
    return list(known.values()), dict(content, split=split) if split else content


def shard_file(out: str, number: int, total: int) -> str:
    """Return the pickle of a shard."""
    stem = without_suffix(out)
    return f'{stem}.{number}of{total}{out.removeprefix(stem)}'


def _shard_of(content: Any, path: str) -> tuple[int, int, dict[str, Any]]:
    """Return a shard's number, that of all shards, and the other settings of its extraction."""
    settings = content.get('extraction') if isinstance(content, dict) else None
    settings = settings if isinstance(settings, dict) else {}
    shard = settings.get('shard')
    if (not isinstance(shard, (list, tuple)) or len(shard) != 2
            or not all(type(number) is int for number in shard)
            or not 1 <= shard[0] <= shard[1] <= _MOST_SHARDS):
        raise InputError(path, 'extraction.shard', 'nothing' if shard is None else shown(shard),
                         'a pickle that --shard I/N wrote')
    others = {key: value for key, value in settings.items() if key != 'shard'}
    return shard[0], shard[1], others


def merge(paths: list[str]) -> dict[str, Any]:
    """Join the pickles of all shards.

    Args:
        paths: Pickles that ``--shard I/N`` wrote, all N of them.

    Returns:
        The content of the whole pickle, in the order of the names.

    Raises:
        InputError: A shard is missing, twice, no shard, or of other settings; or a clip is in two.
    """
    whole: dict[str, Any] = {}
    shards: dict[int, str] = {}
    places: dict[str, str] = {}
    for path in paths:
        content = safe_pickle.load(path)
        annotations, splits = read_annotations(content, path, least=0)  # few clips, many shards
        number, total, settings = _shard_of(content, path)
        if number in shards:
            raise InputError(path, 'extraction.shard', f'{number}/{total}, as {shards[number]}',
                             'each shard once')
        shards[number] = path
        for annotation in annotations:
            other = places.setdefault(name_of(annotation), path)
            if other != path:
                raise InputError(path, name_of(annotation), f'a clip of {other} too',
                                 'each clip in one shard')
        if not whole:
            whole = dict(content, annotations=[], split={}, extraction=settings)
            whole_total, first = total, path
        for key, found, want in (('settings', settings, whole['extraction']),
                                 ('classes', content.get('classes'),
                                  whole.get('classes')), ('number of shards', total, whole_total)):
            with content_of(path, f'extraction: {key}', 'plain values'):
                differs = bool(found != want)
            if differs:
                raise InputError(path, f'extraction: {key}', shown(found),
                                 f'{shown(want)}, as {first}')
        whole['annotations'] += annotations
        for split, names in names_by_split(splits, path).items():
            whole['split'].setdefault(split, []).extend(names)
    missing = [str(number) for number in range(1, whole_total + 1) if number not in shards]
    if missing:
        raise InputError('command line', 'shards', f'{len(shards)} of {whole_total}',
                         f'all of them: shard {", ".join(missing)} is missing')
    whole['annotations'].sort(key=name_of)
    if not whole['split']:
        del whole['split']
    return whole
