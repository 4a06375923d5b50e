"""A folder with one good file of each kind, and the commands that read them."""
import json
import pickle
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import running
import torch

from tests.conftest import RGBPoseData, draw_frames, write_video
from tests.test_datasets.test_converters import (
    finegym_files,
    ntu_files,
    pennaction_files,
    skeleton_writers,
)

from . import judging

ROOT = running.ROOT
CONFIG = 'mine.py'
_CONFIG_TEXT = f"""
_base_ = {str(ROOT / 'configs' / 'd3d_quickstart.py')!r}
model = dict(
    backbone=dict(backbone=dict(base_channels=2), num_heads=1),
    cls_head=dict(in_channels=8))
train_cfg = dict(max_epochs=1)
train_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False)
val_dataloader = dict(num_workers=0, persistent_workers=False)
test_dataloader = dict(num_workers=0, persistent_workers=False)
"""
NTU_NAME = 'S001C001P001R001A001'
GYM_VIDEO = 'abcdefghijk'
GYM_EVENT, GYM_ACTION = 'E_000000_000003', 'A_0000_0001'


@dataclass(frozen=True)
class Command:
    """A command line, run in the folder.

    Attributes:
        name: For messages.
        tool: The script.
        argv: Its arguments.
        outputs: What it writes, below the folder.
    """
    name: str
    tool: str
    argv: tuple[str, ...]
    outputs: tuple[str, ...] = ()


def _command(name, tool, argv, *outputs):
    return Command(name, tool, tuple(argv.split()), outputs)


TRAIN = _command('train', 'tools/train.py', f'{CONFIG} --data-root . --work-dir work')
TEST = _command('test', 'tools/test.py',
                f'{CONFIG} good.pth --data-root . --work-dir work --dump dump.pkl', 'dump.pkl',
                'dump.npz')
RESUME = _command('resume', 'tools/train.py',
                  f'{CONFIG} --data-root . --work-dir work --resume good.pth')
FINE_TUNE = _command('fine-tune', 'tools/train.py',
                     f'{CONFIG} --data-root . --work-dir work --cfg-options load_from=good.pth')
INFER = _command(
    'infer', 'tools/infer.py', f'videos/clip0.mp4 --config {CONFIG} --checkpoint good.pth --out '
    'inferred --skeletons annotations.pkl --no-attention', 'inferred/clip0.mp4')
INFER_STORED = _command(
    'infer without config', 'tools/infer.py', 'videos/clip0.mp4 --checkpoint good.pth --out '
    'inferred --skeletons annotations.pkl --no-attention --no-video')
BROWSE = _command('browse', 'tools/data/browse_dataset.py',
                  f'{CONFIG} --data-root . --out browsed.png', 'browsed.png')
CHECK = _command('check', 'tools/data/check_dataset.py',
                 'annotations.pkl --videos videos --full --csv findings.csv --workers 1')
FIX = _command('fix', 'tools/data/check_dataset.py',
               'annotations.pkl --csv findings.csv --fix fixed.pkl --workers 1')
EXPORT = _command('export', 'tools/data/export_coco.py',
                  'annotations.pkl --videos videos --out coco --split train --workers 1',
                  'coco/train.json')
DRAW = _command('draw', 'tools/visualize_skeletons.py',
                'annotations.pkl --videos videos --out drawn --count 1')
COMPARE = _command('compare', 'tools/analysis/compare_skeletons.py',
                   'annotations.pkl annotations.pkl')
PYSKL = _command(
    'attach pyskl', 'tools/data/prepare_custom.py', 'classes --out custom.pkl --skeletons '
    'annotations.pkl --format pyskl --source-layout coco17 --workers 1', 'custom.pkl')
MERGE = _command('merge', 'tools/extract_skeletons.py', 'merge shard.pkl --out merged.pkl',
                 'merged.pkl')
BOXES = _command('boxes', 'tools/extract_skeletons.py',
                 'videos/clip0.mp4 --boxes boxes.json --pose-config none.py --out x.pkl', 'x.pkl')
PREPARE = _command('prepare', 'tools/data/prepare_custom.py',
                   'classes --out custom.pkl --workers 1', 'custom.pkl')
PREPARE_CSV = _command('prepare csv', 'tools/data/prepare_custom.py',
                       'classes --csv clips.csv --out custom.pkl --workers 1', 'custom.pkl')
NTU = _command('ntu', 'tools/data/prepare_ntu.py',
               '--benchmark ntu60 --skeletons ntu --out ntu.pkl --workers 1', 'ntu.pkl')
PENN = _command('pennaction', 'tools/data/prepare_pennaction.py', 'penn --out penn.pkl --workers 1',
                'penn.pkl')
GYM = _command('finegym', 'tools/data/prepare_finegym.py',
               '--annotations gym --videos gym_videos --out gym.pkl --short-side 16 --workers 1',
               'gym.pkl')


def attach(kind, path, layout='', named=None):
    """Return the command that attaches skeletons of a kind."""
    return _command(
        f'attach {named or kind}', 'tools/data/prepare_custom.py',
        f'classes --out custom.pkl --skeletons {path} --format {kind} --workers 1'
        f'{layout}', 'custom.pkl')


COCO, MMPOSE = attach('coco', 'coco.json'), attach('mmpose', 'mmpose', ' --source-layout coco17')
OPENPOSE, ALPHAPOSE = attach('openpose', 'openpose'), attach('alphapose', 'alphapose')
#: Lists of results alone, and beside the images that they are of.
RESULTS = attach('coco', 'results', ' --source-layout coco17', 'coco results')
RESULTS_OF_SET = attach('coco', 'coco_set', named='coco results of a set')
ALPHAPOSE_CMU = attach('alphapose', 'alphapose_cmu', named='alphapose cmu')
ALPHAPOSE_OPEN = attach('alphapose', 'alphapose_open', named='alphapose open')
LABELS = attach('ultralytics', 'ultralytics', ' --source-layout coco17', 'ultralytics labels')
ULTRALYTICS = attach('ultralytics', 'ultralytics_json', ' --source-layout coco17')

OF_VIDEOS = (CHECK, TRAIN, INFER, EXPORT, DRAW, PREPARE)
OF_ANNOTATIONS = (CHECK, FIX, TRAIN, INFER, EXPORT, DRAW, COMPARE, PYSKL)
OF_CHECKPOINTS = (TEST, RESUME, FINE_TUNE, INFER, INFER_STORED)


def write_merge_shard(path, content):
    """Write annotations as ``--shard 1/1`` does."""
    path.write_bytes(pickle.dumps(dict(content, extraction=dict(shard=[1, 1]))))


def make(folder):
    """Write the good files, and a checkpoint that a training made of them."""
    data = RGBPoseData(folder, num_videos=6, num_frames=8, size=(64, 80), num_person=1,
                       layout='coco17')
    names = [annotation['frame_dir'] for annotation in data.annotations]
    for annotation in data.annotations:  # a person with a torso, who is as large as the square
        annotation['keypoint'] = annotation['keypoint'] + np.arange(17.)[:, None]
    data.content.update(split=dict(train=names[:2], val=names[2:4], test=names[4:]),
                        classes=list('abcdefgh'))
    data.save()
    write_merge_shard(folder / 'shard.pkl', data.content)
    (folder / CONFIG).write_text(_CONFIG_TEXT)
    rows = ['path,label,split']
    for index, name in enumerate(names):
        target = folder / 'classes' / 'ab'[index % 2] / f'{name}.mp4'
        target.parent.mkdir(parents=True, exist_ok=True)
        # Their contents differ: a copy in another split would be refused.
        target.write_bytes((folder / 'videos' / f'{name}.mp4').read_bytes() + bytes([index]))
        rows.append(f'{target.relative_to(folder / "classes")},{"ab"[index % 2]},train')
    (folder / 'clips.csv').write_text('\n'.join(rows))
    tracks = {name: skeleton_writers.walk(8)[None] for name in names}
    skeleton_writers.write_coco(folder / 'coco.json', tracks)
    for name, track in tracks.items():
        skeleton_writers.write_mmpose_video(folder / 'mmpose' / f'{name}.json', track)
        skeleton_writers.write_openpose(folder / 'openpose', name,
                                        np.pad(track, ((0, 0), (0, 0), (0, 8), (0, 0)), 'edge'))
        skeleton_writers.write_alphapose(folder / 'alphapose' / f'{name}.json', track)
    _write_later_kinds(folder, tracks)
    boxes = {name: [[[1, 1, 60, 60]]] * 8 for name in names}
    (folder / 'boxes.json').write_text(json.dumps(boxes))
    ntu_files.write_skeleton(folder / 'ntu' / f'{NTU_NAME}.skeleton', 6,
                             [ntu_files.make_body(range(6))])
    pennaction_files.write_clip(folder / 'penn', '0001')
    stages = {GYM_ACTION: [(0, 1)]}
    clip = f'{GYM_VIDEO}_{GYM_EVENT}_{GYM_ACTION}'
    finegym_files.write_annotations(folder / 'gym', {GYM_VIDEO: {GYM_EVENT: ((0, 3), stages)}},
                                    {clip: 1}, {})
    (folder / 'gym_videos').mkdir()
    write_video(folder / 'gym_videos' / f'{GYM_VIDEO}.mp4', draw_frames(80, (32, 32)))
    ended = judging.run_in(folder, TRAIN.tool, TRAIN.argv)
    assert ended.code == 0, ended.output
    shutil.move(folder / 'work' / 'epoch_1.pth', folder / 'good.pth')
    content = torch.load(folder / 'good.pth', weights_only=True)
    content['meta']['dataset_meta'] = dict(classes=list('abcdefgh'))
    torch.save(content, folder / 'good.pth')
    shutil.rmtree(folder / 'work')
    return folder


def _write_later_kinds(folder, tracks):
    """Write the skeletons in the further forms of COCO, AlphaPose and Ultralytics."""
    skeleton_writers.write_coco(folder / 'coco_set' / 'images.json', tracks)
    images = json.loads((folder / 'coco_set' / 'images.json').read_text())
    ids = {image['file_name']: image['id'] for image in images['images']}
    listed = []
    for name, track in tracks.items():
        alone = folder / 'results' / f'{name}.json'
        skeleton_writers.write_coco_results(alone, track, lambda frame: frame)
        listed += [
            person | dict(image_id=ids[f'{name}/{person["image_id"] + 1:06}.jpg'])
            for person in json.loads(alone.read_text())
        ]
        for form in ('cmu', 'open'):
            skeleton_writers.write_alphapose_form(folder / f'alphapose_{form}' / f'{name}.json',
                                                  track, form)
        skeleton_writers.write_ultralytics_labels(folder / 'ultralytics' / 'labels', name, track)
        skeleton_writers.write_json(
            folder / 'ultralytics_json' / f'{name}.json',
            [skeleton_writers.ultralytics_people(person[None]) for person in track[0]])
    skeleton_writers.write_json(folder / 'coco_set' / 'results.json', listed)
    images['annotations'] = []
    skeleton_writers.write_json(folder / 'coco_set' / 'images.json', images)


class Sandboxes:
    """Copies of the good folder, each changed by one input, in which commands run.

    Args:
        folder: Where they are made; a neighbour lies there too that nothing may touch.
    """

    def __init__(self, folder: Path):
        self.good = make(folder / 'good')
        self.neighbour = folder / 'runs' / 'neighbour'
        self.neighbour.mkdir(parents=True)
        (self.neighbour / 'mine.txt').write_text('keep')
        self.case = folder / 'runs' / 'case'

    def run(self, command, put, may_pass=''):
        """Run a command on a copy that ``put`` changes; return how it ended, judged."""
        shutil.copytree(self.good, self.case, symlinks=True)
        try:
            changed = put(self.case) or {}
            argv = [changed.get(word, word) for word in command.argv] + changed.get('more', [])
            before = judging.listing(self.case.parent)
            ended = judging.run_in(self.case, command.tool, argv)
            judging.judge(ended, self.case, command.outputs, before, may_pass)
            return ended
        finally:
            judging.clear(self.case)
