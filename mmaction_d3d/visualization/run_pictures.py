"""Pictures of a test: confusion, accuracy by class, embedding and the worst mistakes."""
import warnings

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from mmaction.evaluation import ConfusionMatrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.manifold import TSNE
from sklearn.metrics import ConfusionMatrixDisplay

from ..errors import content_of
from ..evaluation import wilson_interval
from ..evaluation.run_records import TestedClips
from ..media import as_media, read_image, read_video
from .sheet import sheet, to_width
from .text import caption

_FRAMES, _FRAME_WIDTH = 6, 160  # of a mistake
_NAMED = 60  # classes at most whose names fit


def class_names(clips: TestedClips) -> list[str]:
    """Name of the classes, or their numbers."""
    return [str(name) for name in clips.classes] or [str(i) for i in range(len(clips.score[0]))]


def confusion(clips: TestedClips) -> Figure:
    """Draw true classes in rows, predicted ones in columns; colours are shares of the row."""
    matrix = ConfusionMatrix.calculate(clips.score, clips.label).numpy()
    count = len(matrix)
    side = min(4.5 + 0.35 * count, 16)
    figure = Figure(figsize=(side + 0.6, side), dpi=100, layout='constrained')
    axis = figure.subplots()
    share = matrix / matrix.sum(axis=1, keepdims=True).clip(min=1)
    shown = ConfusionMatrixDisplay(share, display_labels=class_names(clips)).plot(
        ax=axis, cmap='Blues', include_values=False, colorbar=False, xticks_rotation='vertical')
    shown.im_.set_clim(0, 1)
    if count <= 30:
        for row, column in np.argwhere(matrix):
            axis.text(column, row, matrix[row, column], ha='center', va='center', fontsize=8,
                      color='white' if share[row, column] > 0.5 else 'black')
    if count > _NAMED:
        axis.set(xticks=[], yticks=[])
    axis.tick_params(labelsize=8)
    figure.colorbar(shown.im_, ax=axis, fraction=0.045).set_label('share of the true class')
    right, total = int(np.trace(matrix)), len(clips.label)
    axis.set_title(
        'top-1 {:.3f} ({} of {} clips; 95 % interval {:.3f} to {:.3f})'.format(
            right / total, right, total, *wilson_interval(right, total)), fontsize=9)
    return figure


def accuracy_by_class(clips: TestedClips) -> Figure:
    """Share of each class's clips that is recognised, the least first, with 95 % intervals."""
    names, right = class_names(clips), clips.score.argmax(axis=1) == clips.label
    classes = [(right[clips.label == c].sum(), (clips.label == c).sum(), names[c])
               for c in np.unique(clips.label)]
    classes.sort(key=lambda counts: counts[0] / counts[1])
    share = np.array([good / total for good, total, _ in classes])
    low, high = np.array([wilson_interval(good, total) for good, total, _ in classes]).T
    figure = Figure(figsize=(7, 1.2 + 0.24 * len(classes)), dpi=100, layout='constrained')
    axis = figure.subplots()
    axis.errorbar(share, range(len(classes)), xerr=np.abs([share - low, high - share]), fmt='o',
                  color='steelblue', ecolor='grey', capsize=3, ms=4)
    axis.axvline(right.mean(), color='crimson', linewidth=0.8, linestyle='--',
                 label=f'all clips {right.mean():.3f}')
    axis.set_yticks(range(len(classes)), fontsize=8,
                    labels=[f'{name} ({good} of {total})' for good, total, name in classes])
    axis.set(xlim=(-0.02, 1.02), xlabel="accuracy (Wilson's 95 % interval)")
    axis.grid(axis='x', alpha=0.3)
    axis.legend(fontsize=8, loc='lower left')
    return figure


def embedding(clips: TestedClips) -> Figure:
    """Draw the features that the head's last layer reads by t-SNE; a cross is a mistake."""
    count = len(clips.label)
    figure = Figure(figsize=(7.5, 6), dpi=100, layout='constrained')
    axis = figure.subplots()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', ConvergenceWarning)
        # Distances among fewer than four clips are no embedding: they are drawn as they are.
        plane = clips.feature[:, :2] if count < 4 else TSNE(perplexity=min(
            30,
            (count - 1) / 3), init='random', random_state=0, n_jobs=1).fit_transform(clips.feature)
    right = clips.score.argmax(axis=1) == clips.label
    names, present = class_names(clips), np.unique(clips.label)
    colours = colormaps['tab20'] if len(present) <= 20 else colormaps['gist_rainbow']
    for number, c in enumerate(present):
        place = number if len(present) <= 20 else number / len(present)
        for good, marker in ((True, 'o'), (False, 'x')):
            chosen = (clips.label == c) & (right == good)
            x, y = plane[chosen].T
            axis.scatter(x, y, color=colours(place), marker=marker, s=18 if good else 40,
                         label=names[c] if good else None)
    axis.set(xticks=[], yticks=[])
    axis.set_title(f't-SNE of the features of {count} test clips (x: wrongly recognised)',
                   fontsize=10)
    if len(present) <= _NAMED:
        figure.legend(loc='outside right upper', fontsize=7, ncols=1 + len(present) // 31)
    return figure


def mistakes_of(clips: TestedClips, count: int) -> list[int]:
    """Return the clips whose wrong class was preferred most to the true one, the worst first."""
    number, prediction = np.arange(len(clips.label)), clips.score.argmax(axis=1)
    lead = clips.score[number, prediction] - clips.score[number, clips.label]
    order = np.argsort(-lead, kind='stable')
    return order[prediction[order] != clips.label[order]][:count].tolist()


def worst_mistakes(clips: TestedClips, count: int) -> np.ndarray:
    """Frames of the worst mistakes, six each; H x W x 3 RGB.

    Raises:
        InputError: A video is no longer there.
    """
    names, rows = class_names(clips), []
    for i in mistakes_of(clips, count):
        row = sheet([[to_width(frame, _FRAME_WIDTH) for frame in clip_frames(clips, i, _FRAMES)]])
        rows += [[caption(f'{clips.name[i]}: {mistake_text(clips, i, names)}', row.shape[1])],
                 [row]]
    return sheet(rows)


def mistake_text(clips: TestedClips, i: int, names: list[str]) -> str:
    """Say what a clip is and what it was recognised as."""
    score, true, prediction = clips.score[i], clips.label[i], clips.score[i].argmax()
    return (f'{names[true]} ({score[true]:.0%}), recognised as '
            f'{names[prediction]} ({score[prediction]:.0%})')


def clip_frames(clips: TestedClips, i: int, count: int) -> list[np.ndarray]:
    """Evenly spread frames of a clip among those that the model saw.

    Raises:
        InputError: Its video is no longer there, or is another one.
    """
    inds = clips.frame_inds[i]
    inds = inds[np.linspace(0, len(inds) - 1, count).round().astype(int)]
    source = str(clips.source[i])
    media = as_media(source)
    with content_of(source, f'frames {inds.min()} to {inds.max()}', 'those that were tested'):
        if media.images is not None:
            return [read_image(media.images[index]) for index in inds]
        images, _ = read_video(media.path, inds)
        last = images[max(images)]
        return [images.get(int(index), last) for index in inds]
