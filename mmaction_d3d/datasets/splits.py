"""Splits of annotation files: the clips that they name, written so that all readers find them."""
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..errors import InputError, shown
from ..files import without_suffix, write_pickle
from .annotations import Annotation, Content, ids_of

_LISTS = list, tuple, set, frozenset, np.ndarray


def spread_over_classes(labels: Sequence[int | None], count: int) -> list[int]:
    """Return the indices of ``count`` clips, the first of each class before the second of any."""
    seen: Counter[int | None] = Counter()
    turns = []
    for label in labels:
        turns.append(seen[label])
        seen[label] += 1
    return sorted(sorted(range(len(labels)), key=lambda index: turns[index])[:count])


def first_split(splits: dict[str, list[str]], wanted: str | Sequence[str] | None,
                path: str) -> str | None:
    """Return the first of the wanted splits that a file has.

    Args:
        splits: Entries by split name.
        wanted: A name, or several; None, for every annotation, stays None.
        path: The pickle, for messages.

    Raises:
        InputError: The file has none of them.
    """
    if wanted is None:
        return None
    names = [wanted] if isinstance(wanted, str) else wanted
    split = next((name for name in names if name in splits), None)
    if split is None:
        raise InputError(path, 'split', f'no split {" or ".join(map(repr, names))}',
                         'one of ' + (', '.join(map(repr, splits)) or 'none: there are no splits'))
    return split


def select_split(annotations: list[Annotation], splits: dict[str, list[str]],
                 split: str | Sequence[str] | None, path: str) -> list[int]:
    """Return the indices of a split's annotations, in the order of ``annotations``.

    An entry stands for the annotation with that frame_dir; if there is none, with that filename;
    if there is none, with a filename of that stem, with or without its folders.

    Args:
        annotations: All annotations.
        splits: Entries by split name.
        split: The wanted split, see :func:`first_split`; None takes every annotation.
        path: The pickle, for messages.

    Raises:
        InputError: The split is missing or empty, or an entry of it appears twice, matches
            nothing or matches several annotations.
    """
    split = first_split(splits, split, path)
    if split is None:
        return list(range(len(annotations)))
    indices, mistakes = match_split(annotations, splits[split], split)
    for _, field, found, want in mistakes:
        raise InputError(path, field, found, want)
    return indices


def _finder(annotations: list[Annotation]) -> Callable[[str], list[int]]:
    """Return what finds the indices of the annotations of a name; see :func:`select_split`."""
    named: list[dict[str, list[int]]] = [{}, {}, {}, {}]  # annotations by each kind of name
    for index, annotation in enumerate(annotations):
        for table, name in zip(named, ids_of(annotation)):
            if name is not None:
                table.setdefault(name, []).append(index)
    return lambda entry: next((table[entry] for table in named if entry in table), [])


def _text_of(entry: object) -> str:
    """Return an entry as names are written; a number is the name of its digits."""
    return str(entry) if isinstance(entry, (str, np.integer)) else shown(entry)


def names_by_split(splits: Mapping[str, Collection[str]], path: str) -> dict[str, list[str]]:
    """Return the names of each split, which :func:`match_split` has not looked at.

    Raises:
        InputError: A split is no list of names.
    """
    for split, entries in splits.items():
        if not isinstance(entries, _LISTS):
            raise InputError(path, f'split[{shown(split)}]', shown(entries), 'a list of ids')
    return {split: list(map(_text_of, entries)) for split, entries in splits.items()}


def match_split(annotations: list[Annotation], entries: Collection[str],
                split: str) -> tuple[list[int], list[tuple[int | None, str, str, str]]]:
    """Find the annotations of a split's entries; see :func:`select_split`.

    Args:
        annotations: All annotations.
        entries: Names, as the file has them under the split's name.
        split: That name.

    Returns:
        Indices of the annotations that an entry stands for, in order and each once; and what is
        wrong, as (position of the entry or None, field, what was found, what should be).
    """
    field = f'split[{split!r}]'
    if not isinstance(entries, _LISTS) or len(entries) == 0:
        return [], [(None, field, 'no entries', 'a list of at least one id')]
    find = _finder(annotations)
    chosen: list[int] = []
    mistakes: list[tuple[int | None, str, str, str]] = []
    for position, entry in enumerate(map(_text_of, entries)):
        matches = find(entry)
        if len(matches) == 1:
            chosen += matches
        else:
            which = ' and '.join(f'annotations[{index}]' for index in matches[:3])
            mistakes.append((position, f'{field}[{position}]',
                             f'{entry!r}, which {"is both " + which if which else "is nowhere"}',
                             'an id of one annotation'))
    mistakes += [(None, field, f'{times} times {ids_of(annotations[index])[0]!r}',
                  'each annotation once') for index, times in Counter(chosen).most_common()
                 if times > 1]
    return sorted(set(chosen)), mistakes


def write_annotations(path: str | Path, content: Content) -> None:
    """Write an annotation pickle, whole or not at all, that PYSKL and MMAction2 read too.

    Their data sets compare a split with ``filename`` if the first annotation has one, else with
    ``frame_dir``. So splits name clips by ``filename`` if every annotation has one. Otherwise none
    keeps it, and splits name clips by ``frame_dir``, by which videos are found just as well.

    Args:
        path: The pickle.
        content: What it shall hold; it stays as it is.
    """
    before = after = content['annotations']
    if any(annotation.get('filename') is None for annotation in before):
        after = [_by_frame_dir(annotation) for annotation in before]
    content = content | Content(annotations=after)
    if content.get('split'):
        find = _finder(before)
        names = [annotation.get('filename') or annotation['frame_dir'] for annotation in after]
        content['split'] = {
            split: [
                names[matches[0]] if len(matches) == 1 else entry
                for entry, matches in zip(entries, map(find, entries))
            ] for split, entries in content['split'].items()
        }
    write_pickle(path, content)


def _by_frame_dir(annotation: Annotation) -> Annotation:
    """Return an annotation whose only name is ``frame_dir``."""
    annotation = annotation.copy()
    filename = annotation.pop('filename', None)
    if annotation.get('frame_dir') is None and filename is not None:
        annotation['frame_dir'] = without_suffix(filename)
    return annotation
