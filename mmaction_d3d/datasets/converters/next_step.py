"""The command that follows once a data set is there, for :func:`mmaction_d3d.cli.next_step`."""
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...skeletons import get_layout
from ..annotations import source_of


class Config(NamedTuple):
    """A config below ``configs``, what it takes, and how it calls the folder of its clips."""
    name: str
    layout: str = 'coco17'
    num_person: int = 2
    media: str = 'video'


#: For videos of one's own.
CUSTOM = Config('d3d_custom_small.py')
#: Configs by what the pickle of a published data set says it is, its ``source``.
CONFIGS = {
    'NTU RGB+D 60': Config('d3d_ntu60_xsub.py', 'ntu25'),
    'NTU RGB+D 120': Config('d3d_ntu120_xset.py', 'ntu25'),
    'FineGYM': Config('d3d_finegym.py', num_person=1),
    'Penn Action': Config('d3d_pennaction.py', 'penn13', 1, 'img'),
}


def next_command(content: Mapping[str, Any], root: str, out: str,
                 num_person: int | None = None) -> list[str] | None:
    """Return the command that comes next: extraction where there are no skeletons, else training.

    Args:
        content: What the pickle holds.
        root: Folder of the videos, or of the folders of frames.
        out: The pickle.
        num_person: People that its clips keep. Defaults to None: as many as the config takes.

    Returns:
        None where ``--cfg-options`` cannot have the paths: in these, spaces and commas have a
        meaning.
    """
    clips = content['annotations']
    config = CONFIGS.get(source_of(content) or '', CUSTOM)
    num_person = num_person or config.num_person
    if not all('keypoint' in clip for clip in clips):
        pickled = str(Path(out).with_name('annotations.pkl'))
        people = [] if num_person == 2 else ['--max-persons', str(num_person)]
        # It needs no weights to be named or downloaded.
        return [
            'extract_skeletons.py', root, '--labels', out, '--backend', 'mediapipe', *people,
            '--out', pickled
        ]
    command = ['train.py', f'configs/{config.name}']
    settings: dict[str, int | str] = {}
    if config is CUSTOM:
        labels = [clip['label'] for clip in clips]
        settings['num_classes'] = len(content.get('classes') or ()) or int(np.max(labels)) + 1
    layout = get_layout(content.get('layout') or 'coco17')
    if layout.name != config.layout:
        settings.update(layout=layout.name, num_joints=len(layout))
    if num_person != config.num_person:
        settings.update(num_person=num_person)
    folder, media = Path(out).parent, 'frames' if config.media == 'img' else 'videos'
    if (folder / 'annotations.pkl', folder / media) == (Path(out), Path(root)):
        command += ['--data-root', str(folder)]
    elif re.search(r'[\s,()\[\]{}\'"=]', out + root):
        return None
    else:
        settings.update({'data.ann_file': out, f'data.data_prefix.{config.media}': root})
    values = [f'{key}={value}' for key, value in settings.items()]
    return [*command, *(['--cfg-options', *values] if values else [])]
