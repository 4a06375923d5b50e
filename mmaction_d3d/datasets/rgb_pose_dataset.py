"""Videos with skeletons, in the annotation format of PYSKL and MMAction2."""
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from mmaction.datasets import BaseActionDataset
from mmaction.registry import DATASETS
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from .. import worker_notes
from ..errors import InputError
from ..files import is_folder
from ..media import MediaIndex, grey_frames, locate_frames, locate_video
from ..skeletons import get_layout
from . import safe_pickle
from .annotations import AnnotationChecker, name_of, read_annotations, source_of
from .array_store import ArrayStore, give_back_memory
from .bad_clips import BadClips
from .checking import Finding, Gate, find_shared_clips
from .joint_layout import find_layout
from .modality import MODALITIES, check_modality, without_people
from .splits import first_split, select_split
from .transforms.decoding import resizing_as_read
from .transforms.geometry import guarded

_ARRAY_KEYS = 'keypoint', 'keypoint_score'


@DATASETS.register_module()
class RGBPoseDataset(BaseActionDataset):
    """Action clips with RGB frames and the 2D skeletons of the same frames.

    ``ann_file`` is a pickle ``dict(split={name: [ids]}, annotations=[...])``; a key ``classes``
    with the class names is optional, as is ``source``, what the clips are. An annotation is a dict
    of

    - ``frame_dir`` and/or ``filename``: the clip's id, the video's name;
    - ``label``: int, or with ``multi_class=True`` a list of them;
    - ``img_shape``: (height, width) that the keypoints refer to; ``original_shape``, optional;
    - ``total_frames``: T;
    - ``keypoint``: M x T x V x 2, x and y in pixels, float of any width;
    - ``keypoint_score``: M x T x V; without it every joint counts as seen, but those at (0, 0).

    All of the split is checked when the data set is built: every field, and that every video is
    there; joints by the rules of ``tools/data/check_dataset.py``. Joints with a number that is not
    finite count as missing; one line says in how many clips.

    Attribute ``shared_clips``: findings, in training, of clips that another split of the file has.

    What a pipeline gets besides the annotation's fields: ``filename`` (the video's path) or
    ``img_dir``, ``frame_tmpl`` and ``start_index`` (frame folders), ``num_person``, ``modality``.
    Its arrays are float32 and no other sample's: a pipeline may change them.

    Args:
        ann_file: The pickle.
        pipeline: Transforms.
        split: Name of the split, or several names: the first that the file has. Defaults to None:
            all annotations.
        data_prefix: ``dict(video=DIR)`` with a video a clip, found by ``filename_tmpl`` if given,
            else by the annotation's ``filename``, else as the one video ``DIR/frame_dir.*``; or
            ``dict(img=DIR)`` with a folder ``DIR/frame_dir`` a clip.
        filename_tmpl: Name of a clip's video, such as ``'{frame_dir}_rgb.avi'``.
        frame_tmpl: Name of a frame in its folder. Defaults to ``'img_{:05}.jpg'``.
        start_index: Number of the first frame in ``frame_tmpl``. Defaults to None: 1 for frame
            folders; it must stay 0 for videos.
        allow_outside: Whether names of videos and folders in the annotations may lead out of
            ``DIR``, by ``..`` or an absolute path. Defaults to False.
        layout: Key of :data:`mmaction_d3d.skeletons.LAYOUTS`.
        num_classes: Labels must be below it. Defaults to None: not checked.
        num_person: People kept (M), those with the highest total score. Defaults to 2.
        on_bad_clip: What happens in training where a clip cannot be used after all, such as a video
            that does not decode: ``'stop'``, or ``'skip'``, another clip stands in, up to
            :data:`~mmaction_d3d.datasets.bad_clips.MOST_BAD` of all clips. A test always stops.
        modality: ``'both'``; ``'rgb'``, RGB alone: no skeleton is read, and annotations need none;
            or ``'pose'``, skeletons alone: no video is read or looked for, and frames are of one
            color.
        **kwargs: Those of :class:`mmaction.datasets.BaseActionDataset`, such as ``test_mode``.

    Raises:
        InputError: The file, the split, an annotation or a video cannot be used.
    """

    def __init__(self, ann_file: str, pipeline: list[dict | Callable],
                 split: str | Sequence[str] | None = None,
                 data_prefix: dict[str, str] | None = None, filename_tmpl: str | None = None,
                 frame_tmpl: str = 'img_{:05}.jpg', start_index: int | None = None,
                 allow_outside: bool = False, layout: str = 'coco17',
                 num_classes: int | None = None, num_person: int = 2, on_bad_clip: str = 'stop',
                 modality: str = 'both', **kwargs: Any) -> None:
        data_prefix = dict(data_prefix or {})
        self.shows = check_modality(modality)  # MMAction2's `modality` is another
        if self.shows != 'pose' and set(data_prefix) not in ({'video'}, {'img'}):
            raise InputError('config', 'data_prefix', f'the keys {sorted(data_prefix)}',
                             'dict(video=DIR) or dict(img=DIR)')
        if start_index is None:
            start_index = int('img' in data_prefix)
        if 'video' in data_prefix and start_index != 0:
            raise InputError('config', 'start_index', start_index, '0: frames of a video count '
                             'from 0')
        try:
            frame_tmpl.format(start_index)
        except (KeyError, IndexError, ValueError) as error:
            raise InputError('config', 'frame_tmpl', repr(frame_tmpl),
                             "a name with the frame's number, such as 'img_{:05}.jpg'") from error
        self.split = split
        self.filename_tmpl = filename_tmpl
        self.frame_tmpl = frame_tmpl
        self.allow_outside = allow_outside
        self.layout = get_layout(layout)
        self.num_person = num_person
        self._arrays = ArrayStore()
        self.source: str | None = None
        if kwargs.get('multi_class') and num_classes is None:
            raise InputError('config', 'num_classes', 'nothing', 'a number, as multi_class=True')
        self.shared_clips: list[Finding] = []
        if on_bad_clip not in ('stop', 'skip'):
            raise InputError('config', 'on_bad_clip', repr(on_bad_clip), "'stop' or 'skip'")
        super().__init__(ann_file, pipeline=pipeline, data_prefix=data_prefix,
                         num_classes=num_classes, start_index=start_index, modality='RGB', **kwargs)
        give_back_memory()  # or every worker would have the pages that reading took
        self.pipeline.transforms = resizing_as_read(
            guarded(self.pipeline.transforms, len(self.layout)))
        self.pipeline.joints_follow = True  # so that it is not tried again at the first clip
        self._bad_clips = None
        if on_bad_clip == 'skip' and not self.test_mode:
            self._bad_clips = BadClips(len(self), f'{ann_file}, split {self.split!r}')

    def load_data_list(self) -> list[dict[str, Any]]:
        """Read, check and locate the clips of the split.

        Returns:
            One dict a clip, in the order of the file.
        """
        content = safe_pickle.load(self.ann_file)
        annotations, splits = read_annotations(content, self.ann_file)
        self.split = first_split(splits, self.split, self.ann_file)
        indices = select_split(annotations, splits, self.split, self.ann_file)
        self._take_classes(content)
        self.source = source_of(content)
        if self.shows != 'rgb':
            find_layout(content, self.ann_file, self.layout.name, "the config's layout")

        check = AnnotationChecker(self.ann_file, self.layout, self.num_classes, self.num_person,
                                  self.multi_class)
        locate, gate, data_list = self._locator(), Gate(self.ann_file), []
        for index in indices:
            annotation = annotations[index]
            if self.shows == 'rgb':
                annotation = without_people(annotation, self.layout)
            checked = check(index, annotation)
            if self.shows != 'rgb':
                gate.check(checked, index)
            clip: dict[str, Any] = dict(checked)
            clip.update(locate(clip, f'annotations[{index}]'), num_person=self.num_person)
            # MMEngine serialises what is in data_list, with two more copies on the way.
            clip['arrays'] = len(self._arrays)
            for key in _ARRAY_KEYS:
                self._arrays.append(clip.pop(key))
            data_list.append(clip)
        self._arrays.finish()
        gate.finish(f'{self.ann_file}, split {self.split!r}')
        self._report(check)
        if not self.test_mode and self._indices is None:
            self.shared_clips = find_shared_clips(annotations, splits, self.split)
        return data_list

    @property
    def stops_at_bad_clips(self) -> bool:
        """Whether a clip that cannot be used after all ends the run."""
        return self._bad_clips is None

    def _take_classes(self, content: Any) -> None:
        """Put the file's class names, if it has any, into the data set's metainfo."""
        classes = content.get('classes') if isinstance(content, dict) else None
        if classes is None:
            return
        if self.num_classes not in (None, len(classes)):
            raise InputError(self.ann_file, 'classes', f'{len(classes)} names',
                             f'{self.num_classes}, as num_classes says')
        self._metainfo.setdefault('classes', tuple(classes))

    def _locator(self) -> Callable[[dict[str, Any], str], dict[str, Any]]:
        """Return what finds the video or frames of a clip."""
        if self.shows == 'pose':
            return lambda clip, field: {}
        kind, root = next(iter(self.data_prefix.items()))
        if not is_folder(root):
            raise InputError(root, f'data_prefix.{kind}', 'no such folder', 'a folder')
        media = MediaIndex(root, self.allow_outside)

        def locate(clip: dict[str, Any], field: str) -> dict[str, Any]:
            place = self.ann_file, field
            if kind == 'video':
                return locate_video(media, clip, place, self.filename_tmpl)
            clip.pop('filename', None)
            located = locate_frames(media, clip, place, self.frame_tmpl, self.start_index)
            return located | dict(start_index=self.start_index)

        return locate

    def _report(self, check: AnnotationChecker) -> None:
        """Say, in one line each, what the checks left out."""
        place = f'{self.ann_file}, split {self.split!r}'
        if self.shows != 'both':
            print_log(f'{place}: {MODALITIES[self.shows]}, as modality={self.shows!r} says',
                      logger='current')
        if check.dropped_people:
            print_log(
                f'{place}: {check.dropped_people} people dropped, clips keep the '
                f'{self.num_person} with the highest total score', logger='current')

    def get_cat_ids(self, idx: int) -> list[int]:
        """Return the labels of a clip, for ``ClassBalancedDataset``."""
        label = BaseDataset.get_data_info(self, idx)['label']
        return list(label) if self.multi_class else [label]

    def prepare_data(self, idx: int) -> dict[str, Any] | None:
        """Return one clip as the pipeline leaves it; None where another one is to stand in."""
        try:
            return super().prepare_data(idx)  # asks for get_data_info
        except InputError as error:
            if self._bad_clips is None:
                raise
            self._bad_clips.add(idx, error)
            return None
        finally:
            worker_notes.write('')

    def located(self, indices: Iterable[int] | None = None) -> list[dict[str, Any]]:
        """Return clips without their arrays: names, where the media are, sizes and lengths.

        Args:
            indices: Which ones. Defaults to None: all.
        """
        return [
            BaseDataset.get_data_info(self, index)
            for index in (range(len(self)) if indices is None else indices)
        ]

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """Return one clip's dict, whose arrays are float32 and its own."""
        clip = super().get_data_info(idx)
        worker_notes.write(name_of(clip))
        first = clip.pop('arrays')
        for place, key in enumerate(_ARRAY_KEYS, first):
            clip[key] = self._arrays[place].astype(np.float32)
        if self.shows == 'pose':
            clip['array'] = grey_frames(clip['total_frames'], clip['img_shape'])
        return clip
