"""A run as one HTML file: how good it is, where it errs, what it uses and how it was made."""
import base64
import io
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure
from mmaction.evaluation import ConfusionMatrix

from ..errors import InputError
from ..evaluation import wilson_interval
from ..evaluation.calibration import expected_calibration_error, log_probabilities
from ..evaluation.run_records import (
    Start,
    TestedClips,
    read_conditions,
    read_run,
    read_starts,
)
from ..files import is_file
from ..media import VIEWING, H264Writer
from .figure import figure_array
from .html import Html, element, page, scrolled, table
from .run_pictures import class_names, clip_frames, confusion, mistake_text, mistakes_of
from .training_curves import training_curves

#: Bytes of pictures and videos in a page at most; in base64 they are a third more.
MOST_MEDIA = 4_000_000
_SIDE, _FRAMES, _RATE = 160, 16, 4  # of a mistake's video: short side, frames, frames a second
_TABLE = 30  # classes at most whose confusion is a table
_PAIRS = 10
_DUMP = 'd3d test CONFIG CHECKPOINT --work-dir WORK_DIR --dump WORK_DIR/clips.pkl'
_TRAIN = 'd3d train CONFIG --work-dir WORK_DIR'
_CHECK = 'd3d modality-check CONFIG CHECKPOINT --work-dir WORK_DIR'


def run_page(folder: str, dump: str | None = None, mistakes: int = 12) -> str:
    """Write a run as one page that needs no other file.

    Args:
        folder: Work directory.
        dump: File of ``DumpClipsHook``. Defaults to None, the newest below ``folder``.
        mistakes: Wrongly recognised clips to show.

    Returns:
        HTML. What the folder does not hold is named in it, with the command that writes it.

    Raises:
        InputError: There is neither a test nor a training, or a file cannot be read.
    """
    clips, scalars = read_run(folder, dump)
    root, room = Path(folder).resolve(), Room(MOST_MEDIA)
    sections = {
        'Accuracy':
        _accuracy(clips),
        'By class':
        _by_class(clips),
        'Confusion':
        _confusion(clips, room),
        'Training': [
            room.picture(training_curves(scalars), 'Curves of the training') if scalars else
            _missing(f'No training here: no */vis_data/scalars.json, which {_TRAIN} writes')
        ],
        'What the model uses':
        _uses(root),
        'Worst mistakes':
        _mistakes(clips, mistakes, root, room),
        'How it was made':
        _starts(read_starts(root)),
    }
    intro = [element('p', f'Work directory: {folder}', class_='faint')]
    return page(f'Run {root.name}', intro, sections)


class Room:
    """Puts pictures and videos into a page until it is large.

    Args:
        left: Bytes that they may take.
    """

    def __init__(self, left: int) -> None:
        self.left = left

    def address(self, data: bytes, kind: str) -> str | None:
        """Return data as an address, or None where the page would grow too large."""
        if len(data) > self.left:
            return None
        self.left -= len(data)
        return f'data:{kind};base64,{base64.b64encode(data).decode()}'

    def picture(self, picture: Figure | np.ndarray, says: str) -> Html:
        """Return a picture as wide as it is, to be moved where the screen is narrower."""
        pixels = figure_array(picture) if isinstance(picture, Figure) else picture
        data = cv2.imencode('.png', pixels[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])[1]
        address = self.address(data.tobytes(), 'image/png')
        if address is None:
            return _missing(f'{says}: left out, as the page would grow too large')
        height, width = pixels.shape[:2]
        return scrolled(
            says, element('img', src=address, alt=says, width=width, height=height, class_='shown'))


def _missing(text: str) -> Html:
    return element('p', text, class_='missing')


def _accuracy(clips: TestedClips | None) -> list[Html]:
    if clips is None:
        return [_missing(f'Not tested here: no *.npz, which {_DUMP} writes')]
    label, order = clips.label, np.argsort(-clips.score, axis=1, kind='stable')
    total, parts = len(label), []
    right = int((order[:, 0] == label).sum())
    parts.append(element('p', f'top-1 {_share(right, total)}', class_='result'))
    classes = [float((order[label == c, 0] == c).mean()) for c in np.unique(label)]
    lines = [f'mean of {len(classes)} classes: {np.mean(classes):.3f}']
    if clips.score.shape[1] > 5:
        five = int((order[:, :5] == label[:, None]).any(axis=1).sum())
        lines.append(f'top-5 {_share(five, total)}')
    log_probs, kind = log_probabilities(clips.score)
    error = expected_calibration_error(log_probs, label)
    lines.append(f'expected calibration error {error:.3f} (15 bins, of scores that are {kind})')
    parts.append(element('ul', *(element('li', line) for line in lines)))
    parts.append(
        element(
            'p', "Intervals are Wilson's, of 95 %: what other test clips of the same kind would "
            'give. Another seed of the training is not in them.', class_='faint'))
    return parts


def _share(right: int, total: int) -> str:
    low, high = wilson_interval(right, total)
    return f'{right / total:.3f} ({right} of {total} clips; {low:.3f} to {high:.3f})'


def _by_class(clips: TestedClips | None) -> list[Html]:
    if clips is None:
        return [_missing('Not tested here')]
    names, prediction, rows = class_names(clips), clips.score.argmax(axis=1), []
    for c in np.unique(clips.label):
        of_class = prediction[clips.label == c]
        right, total = int((of_class == c).sum()), len(of_class)
        low, high = wilson_interval(right, total)
        wrong = np.bincount(of_class[of_class != c], minlength=len(names))
        taken = f'{names[wrong.argmax()]} ({wrong.max()})' if wrong.any() else ''
        bar = element('meter', f'{right / total:.3f}', min=0, max=1, value=f'{right / total:.3f}')
        rows.append((right / total, [
            names[c],
            str(total),
            str(right), f'{right / total:.3f}', f'{low:.3f} to {high:.3f}', bar,
            element('td', taken, class_='text')
        ]))
    rows.sort(key=lambda row: row[0])
    untested = [name for c, name in enumerate(names) if c not in clips.label]
    note = [_missing(f'Classes without a test clip: {", ".join(untested)}')] if untested else []
    return [
        table('Accuracy by class, the least first, with 95 % intervals',
              ('class', 'clips', 'right', 'accuracy', 'interval', 'bar', 'most often taken for'),
              (row for _, row in rows)), *note
    ]


def _confusion(clips: TestedClips | None, room: Room) -> list[Html]:
    if clips is None:
        return [_missing('Not tested here')]
    names = class_names(clips)
    matrix = ConfusionMatrix.calculate(clips.score, clips.label).numpy()
    wrong = np.where(np.eye(len(matrix), dtype=bool), 0, matrix)
    worst = [divmod(int(i), len(matrix)) for i in np.argsort(-wrong, None, 'stable')[:_PAIRS]]
    pairs = element(
        'ol',
        *(element(
            'li', f'{names[row]} as {names[column]}: {wrong[row, column]} of '
            f'{matrix[row].sum()} clips') for row, column in worst if wrong[row, column]))
    heading = element('p', f'The most frequent of {wrong.sum()} mistakes:')
    if len(matrix) > _TABLE:
        return [heading, pairs, room.picture(confusion(clips), 'Confusion matrix')]
    share = matrix / matrix.sum(axis=1, keepdims=True).clip(min=1)
    rows = ([
        names[row], *(element('td', str(count), style=f'--share:{0.75 * share[row, column]:.3f}')
                      for column, count in enumerate(counts))
    ] for row, counts in enumerate(matrix))
    return [
        table('Clips by true class (rows) and predicted class (columns)', ['', *names], rows),
        heading, pairs
    ]


def _uses(root: Path) -> list[Html]:
    conditions = read_conditions(root)
    if not conditions:
        return [_missing(f'No modality check here: {_CHECK} writes it')]
    return [
        table('Top-1 on test clips of which a part is taken away, with 95 % intervals',
              ('condition', 'clips', 'top-1', 'interval', 'what it says'), ([
                  row.name,
                  str(row.clips), f'{row.top1:.3f}', '{:.3f} to {:.3f}'.format(*row.interval),
                  element('td', row.meaning, class_='text')
              ] for row in conditions))
    ]


def _mistakes(clips: TestedClips | None, count: int, root: Path, room: Room) -> list[Html]:
    if clips is None:
        return [_missing('Not tested here')]
    worst, names = mistakes_of(clips, count), class_names(clips)
    if not worst:
        return [element('p', f'None of {len(clips.label)} clips is wrongly recognised.')]
    cards = []
    for i in worst:
        name = str(clips.name[i])
        text = f'{name}: {mistake_text(clips, i, names)}'
        cards.append(
            element('figure', _clip_video(clips, i, name, room), *_overlay(root, name, room),
                    element('figcaption', text)))
    return [
        element(
            'p', f'By how much the wrong class was preferred to the true one; {_FRAMES} frames at '
            'most of those that the model saw, four a second.', class_='faint'),
        element('div', *cards, class_='cards')
    ]


def _clip_video(clips: TestedClips, i: int, name: str, room: Room) -> Html:
    """Return what the model saw of a clip as a video, or why there is none."""
    try:
        frames = clip_frames(clips, i, min(_FRAMES, len(clips.frame_inds[i])))
    except InputError as error:
        return _missing(f'No video: {error}')
    file = io.BytesIO()
    with H264Writer(file, 'mp4', _RATE, VIEWING, short_side=_SIDE) as writer:
        for frame in frames:
            writer.add(frame)
    return _video(room.address(file.getvalue(), 'video/mp4'), name)


def _video(address: str | None, says: str) -> Html:
    if address is None:
        return _missing('Video left out, as the page would grow too large')
    return element('video', src=address, controls=True, loop=True, muted=True, playsinline=True,
                   aria_label=says)


def _overlay(root: Path, name: str, room: Room) -> list[Html]:
    """Return what ``visualize.py attention`` drew of a clip into the work directory."""
    stem = Path(name).stem
    for suffix, kind in (('.mp4', 'video/mp4'), ('.png', 'image/png')):
        path = root / 'attention' / f'{stem}{suffix}'
        if not is_file(path) or not path.resolve().is_relative_to(root):
            continue
        says = f'attention on {name}'
        if path.stat().st_size > room.left:
            return [_missing(f'{says}: left out, as the page would grow too large')]
        address = room.address(path.read_bytes(), kind)
        return [
            _video(address, says) if suffix == '.mp4' else element('img', src=address, alt=says)
        ]
    return []


def _starts(starts: list[Start]) -> list[Html]:
    if not starts:
        return [_missing('No log here: */*.log')]
    parts = []
    for start in starts:
        rows = [('command', start.command or 'not in the log'),
                ('seed', start.seed or 'not in the log')]
        parts += [
            element('h3', start.name),
            element('ul', *(element('li', f'{name}: {value}') for name, value in rows))
        ]
        for name, text in (('environment', start.environment), ('config', start.config)):
            parts.append(
                element('details', element('summary', name), element('pre', text, tabindex=0)
                        ) if text else _missing(f'No {name} in its log'))
    return parts
