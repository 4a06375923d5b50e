"""Penn Action (Zhang et al., From Actemes to Action, ICCV 2013) as annotations.

ROOT holds ``frames/0001/000001.jpg`` and ``labels/0001.mat`` for 2,326 clips. A label file has

- ``action``: the class; ``train``: 1, or -1 for the official test set; ``pose``: viewpoint;
- ``x``, ``y``, ``visibility``: T x 13, in the order of the layout ``penn13``; the centre of the
  first pixel is (1, 1), as MATLAB counts;
- ``bbox``: T x 4, x1, y1, x2, y2 of the athlete, in the same coordinates;
- ``dimensions``: height, width, T; ``nframes``: T.

Slips in the published files, each counted in the report:

- ``nframes``, the rows of the labels and the number of frames differ: the clip ends with the
  shortest of the rows and frames; ``nframes`` itself is not used;
- ``bbox`` has fewer rows than ``x``: its last box stands for the rest;
- a class is spelled in two ways, ``strum_guitar`` and ``strumming_guitar``; the read-me writes
  ``bowling``, ``pull_ups``, ``push_ups``, ``sit_ups`` and ``squats`` where files have the names
  in :data:`CLASSES`.
"""
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from ...drop_report import DropReport
from ...errors import InputError, content_of
from ...files import is_folder
from ...media import read_image
from ...parallel import map_in_order
from ...skeletons import get_layout
from ..annotations import Annotation, Content

#: The classes in the order of their labels.
CLASSES = ('baseball_pitch', 'baseball_swing', 'bench_press', 'bowl', 'clean_and_jerk',
           'golf_swing', 'jump_rope', 'jumping_jacks', 'pullup', 'pushup', 'situp', 'squat',
           'strum_guitar', 'tennis_forehand', 'tennis_serve')
OTHER_SPELLINGS = dict(bowling='bowl', pull_ups='pullup', push_ups='pushup', sit_ups='situp',
                       squats='squat', strumming_guitar='strum_guitar')
TO_CONTINUOUS = -0.5  # from MATLAB's pixel centres 1, 2, ... to ours at 0.5, 1.5, ...
FIELDS = ('action', 'x', 'y', 'visibility', 'train', 'bbox', 'dimensions', 'nframes')


@dataclass
class Labelled:
    """A clip's annotation, its split and what was changed; no annotation if left out."""
    annotation: Annotation | None = None
    split: str = ''
    notes: list[str] = field(default_factory=list)


def read_label(path: str) -> dict[str, np.ndarray]:
    """Read a label file.

    Returns:
        The fields of the file.

    Raises:
        InputError: It is no whole MATLAB file up to version 7, or a field is missing.
    """
    try:
        label = loadmat(path)
    except NotImplementedError as error:
        raise InputError(
            path, 'format', 'MATLAB 7.3 (HDF5)',
            "MATLAB 5 to 7, as published: save(name, '-struct', 'label', '-v7')") from error
    except Exception as error:  # a damaged file can make scipy raise anything
        reason = ' '.join(str(error).split())
        raise InputError(path, 'content', f'{type(error).__name__} ({reason})',
                         'a whole MATLAB file') from error
    for key in FIELDS:
        if key not in label:
            raise InputError(path, key, 'nothing', 'a field of that name')
    return label


def class_of(label: dict[str, np.ndarray], path: str) -> tuple[str, bool]:
    """Return the class name in the spelling of :data:`CLASSES`, and whether the file has another.

    Raises:
        InputError: It is no class of the data set.
    """
    value = label['action']
    written = str(value.flat[0]) if value.size else ''
    name = re.sub(r'[\s-]+', '_', written.strip().lower())
    name = OTHER_SPELLINGS.get(name, name)
    if name not in CLASSES:
        raise InputError(path, 'action', repr(written), f'one of {", ".join(CLASSES)}')
    return name, name != written


def count_frames(folder: str) -> tuple[int, bool]:
    """Frames 000001.jpg, 000002.jpg, ... up to the first that is missing, and whether one is."""
    if not is_folder(folder):
        return 0, False
    names = [path.name for path in Path(folder).iterdir()]
    numbers = {int(name[:6]) for name in names if re.fullmatch(r'\d{6}\.jpg', name)}
    count = 0
    while count + 1 in numbers:
        count += 1
    return count, count < len(numbers - {0})


def _boxes(boxes: np.ndarray, total: int, notes: list[str]) -> np.ndarray | None:
    """Return a clip's boxes, 1 x T x 4; None where there are none."""
    if not len(boxes):
        notes.append('no boxes')
        return None
    if len(boxes) < total:
        notes.append('fewer boxes than frames: the last one stands for the rest')
        boxes = np.concatenate([boxes, np.repeat(boxes[-1:], total - len(boxes), 0)])
    return (boxes.astype(np.float32) + TO_CONTINUOUS)[None]


def read_clip(job: tuple[str, str]) -> Labelled:
    """Read one clip: see :func:`_read_clip`.

    Raises:
        InputError: The label file cannot be used.
    """
    with content_of(Path(job[0], 'labels', f'{job[1]}.mat'), 'fields', 'those of a label file'):
        return _read_clip(job)


def _read_clip(job: tuple[str, str]) -> Labelled:
    """Read one clip.

    Args:
        job: ROOT and the clip's name, such as 0001.

    Returns:
        The annotation with ``keypoint`` 1 x T x 13 x 2 and ``bbox`` 1 x T x 4 in continuous pixels
        (0 is the left edge of the first), ``keypoint_score`` 1 x T x 13, 1 for a visible joint, and
        notes for the report.

    Raises:
        InputError: The label file cannot be used.
    """
    root, name = job
    path = str(Path(root, 'labels', f'{name}.mat'))
    label, notes = read_label(path), []
    joints = len(get_layout('penn13'))
    for key, columns in dict(x=joints, y=joints, visibility=joints, bbox=4).items():
        value = label[key]
        if value.dtype.kind not in 'fiub' or value.ndim != 2 or (value.shape[1] != columns and
                                                                 (key != 'bbox' or value.size)):
            raise InputError(path, key, f'{" x ".join(map(str, value.shape))} {value.dtype}',
                             f'frames x {columns} numbers')
    folder = str(Path(root, 'frames', name))
    frames, gap = count_frames(folder)
    rows = min(len(label[key]) for key in ('x', 'y', 'visibility'))
    total = min(frames, rows)
    if total == 0:
        missing = 'frame 000001.jpg' if rows else 'labelled frame'
        return Labelled(notes=[f'no {missing}: left out'])
    if gap:
        notes.append('a frame is missing amid others: the clip ends there')
    announced = int(label['nframes'].flat[0]) if label['nframes'].size else 0
    if len({announced, frames, rows}) > 1:
        notes.append('nframes, rows of labels and number of frames differ: as many as all have')
    action, respelled = class_of(label, path)
    if respelled:
        notes.append('class name in another spelling: mended')
    shape, resized = _shape(label, path, str(Path(folder, '000001.jpg')))
    if resized:
        notes.append('frames of another size than dimensions says: joints are scaled to them')
    train = int(label['train'].flat[0]) if label['train'].size else None
    if train not in (-1, 0, 1):
        raise InputError(path, 'train', label['train'].tolist(), '1 (train) or -1 (test)')

    xy = np.stack([label['x'][:total], label['y'][:total]], -1).astype(np.float32) + TO_CONTINUOUS
    visible = (label['visibility'][:total] > 0) & np.isfinite(xy).all(-1)
    annotation: Annotation = dict(frame_dir=name, label=CLASSES.index(action), img_shape=shape,
                                  original_shape=shape, total_frames=total,
                                  keypoint=np.nan_to_num(xy, posinf=0, neginf=0)[None],
                                  keypoint_score=visible.astype(np.float32)[None])
    boxes = _boxes(label['bbox'][:total], total, notes)
    if boxes is not None:
        annotation['bbox'] = boxes
    return Labelled(annotation, 'train' if train == 1 else 'test', notes)


def _shape(label: dict[str, np.ndarray], path: str, first: str) -> tuple[tuple[int, int], bool]:
    """Height and width that joints refer to, and whether the frames have another size.

    Raises:
        InputError: The first frame cannot be read, or its sides are not in the ratio of
            ``dimensions``.
    """
    image = read_image(first)
    sides = label['dimensions'].flatten()[:2]
    if len(sides) < 2 or not all(1 <= side < 2**31 for side in sides):
        raise InputError(path, 'dimensions', label['dimensions'].tolist(), 'height, width, frames')
    height, width = map(int, sides)
    shape, size = (height, width), image.shape[:2]
    # Rounded to whole pixels, a smaller copy's sides may each be half a pixel off.
    if abs(size[1] - size[0] * shape[1] / shape[0]) > 1 + shape[1] / shape[0]:
        raise InputError(
            first, 'size', f'{size[0]} x {size[1]}', f'{shape[0]} x {shape[1]}, as '
            f'dimensions of {path} says, or a copy in that ratio')
    return shape, size != shape


def _is_label(path: Path) -> bool:
    return path.suffix == '.mat' and not path.name.startswith('.')


def read_pennaction(root: str, workers: int | None, report: DropReport) -> Content:
    """Read the data set.

    Args:
        root: Folder with ``frames`` and ``labels``.
        workers: Processes.
        report: Gets what was left out or changed.

    Returns:
        ``dict(split=dict(train=, test=), annotations=, classes=)``.

    Raises:
        InputError: A folder or all clips are missing, or a label file cannot be used.
    """
    for folder in ('frames', 'labels'):
        if not is_folder(Path(root, folder)):
            raise InputError(root, folder, 'no such folder', 'ROOT with frames and labels')
    labels = sorted(Path(root, 'labels').iterdir())
    names = [path.stem for path in labels if _is_label(path)]
    for path in labels:
        if not _is_label(path):
            report.add('no label file, by its name: left out', path.name)
    for name in sorted({path.name for path in Path(root, 'frames').iterdir()} - set(names)):
        report.add('frames without a label file: left out', name)
    content: Content = dict(split=dict(train=[], test=[]), annotations=[], classes=list(CLASSES),
                            layout='penn13', source='Penn Action')
    jobs = [(root, name) for name in names]
    for clip, name in zip(map_in_order(read_clip, jobs, workers, 'label files'), names):
        for note in clip.notes:
            report.add(note, name)
        if clip.annotation is not None:
            content['annotations'].append(clip.annotation)
            content['split'][clip.split].append(name)
    if not content['annotations']:
        raise InputError(root, 'labels', f'{len(names)} files, of which none has frames',
                         'labels/0001.mat with frames/0001/000001.jpg, ...')
    return content
