"""Puts every hostile input before every command that reads it: ``make torture``.

An input has to end in the error form (exit code not 0, the file and field named, nothing half
written), or be accepted for a reason that the documentation has. No command may hang, crash, take
more than 2 GiB, touch files of others, or run what the input holds.
"""
import argparse
import gc
import json
import math
import os
import pickle
import random
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from scipy.io import savemat

import mmaction_d3d.engine
import mmaction_d3d.inference  # noqa: F401 - imported once, before the commands are forked
from mmaction_d3d.progress import Progress

from . import checkpoints, configs, media, names, pickles, sandbox, texts
from .record import Record


@dataclass(frozen=True)
class Case:
    """An input before a command.

    Attributes:
        family: Kind of input.
        name: The input.
        command: What reads it.
        put: Changes the folder to that input; may return arguments that stand for others, and
            ``more`` of them.
        may_pass: Why the command may accept it; '' where it may not.
    """
    family: str
    name: str
    command: sandbox.Command
    put: object
    may_pass: str = ''

    @property
    def title(self):
        return f'{self.family}: {self.name}: {self.command.name}'


def _write(path, data):
    return lambda folder: (folder / path).write_bytes(data) and None


def _copy(path, data, store):
    """As :func:`_write`, of data that wait in a file: every process that is forked has the rest."""
    store.mkdir(exist_ok=True)
    waiting = store / str(len(list(store.iterdir())))
    waiting.write_bytes(data)
    return lambda folder: shutil.copy(waiting, folder / path) and None


def _videos(content):
    for name, (write, may_pass) in media.videos().items():

        def put(folder, write=write):
            for path in (folder / 'videos/clip0.mp4', folder / 'classes/a/clip0.mp4'):
                path.unlink()
                write(path)

        for command in sandbox.OF_VIDEOS:
            # Those that leave out what does not decode say so, as they say it of the rest.
            reason = may_pass or ('left out, and said' if command.name in ('prepare',
                                                                           'draw') else '')
            yield Case('videos', name, command, put, reason)


def _pickles(content):
    same = [*pickles.codes(), *pickles.bombs()]
    # What these commands read beside the rest has to be there, or they refuse all for lack of it.
    shard = {**content, 'extraction': dict(shard=[1, 1])}
    boxes = np.zeros((1, 8, 4))
    boxed = {**content, 'annotations': [{**clip, 'bbox': boxes} for clip in content['annotations']]}
    for path, good, commands in (('annotations.pkl', content, sandbox.OF_ANNOTATIONS),
                                 ('shard.pkl', shard, (sandbox.MERGE, )), ('boxes.pkl', boxed,
                                                                           (sandbox.BOXES, ))):
        for name, data in (*pickles.fields(good), *same, *pickles.damaged(good)):

            def put(folder, path=path, data=data):
                (folder / path).write_bytes(data)
                return {'boxes.json': 'boxes.pkl'}

            for command in commands:
                yield Case('pickles', name, command, put, pickles.may_pass(name, command.name))


def _checkpoints(good):
    for name, data, of_resume in checkpoints.checkpoints((good / 'good.pth').read_bytes()):
        put = _copy('good.pth', data, good.with_name('checkpoints'))
        for command in sandbox.OF_CHECKPOINTS:
            reason = ''
            if command.name == 'fine-tune' and name.startswith(
                ('a weight: another shape', 'a weight: a number of no')):
                reason = 'the tensors that fit are loaded'
            if of_resume and command.name != 'resume':
                reason = 'not read but for resuming'
            elif of_resume:
                reason = checkpoints.may_resume(name)
            yield Case('checkpoints', name, command, put, reason)


def _texts(good):
    ntu = (good / 'ntu' / f'{sandbox.NTU_NAME}.skeleton').read_text().splitlines()
    for name, data in texts.skeletons(ntu):
        yield Case('.skeleton', name, sandbox.NTU, _write(f'ntu/{sandbox.NTU_NAME}.skeleton', data),
                   texts.may_pass(name))
    for command, path in ((sandbox.COCO, 'coco.json'), (sandbox.MMPOSE, 'mmpose/clip0.json'),
                          (sandbox.OPENPOSE, 'openpose/clip0_000000000000_keypoints.json'),
                          (sandbox.ALPHAPOSE, 'alphapose/clip0.json'), (sandbox.ALPHAPOSE_CMU,
                                                                        'alphapose_cmu/clip0.json'),
                          (sandbox.ALPHAPOSE_OPEN,
                           'alphapose_open/clip0.json'), (sandbox.RESULTS, 'results/clip0.json'),
                          (sandbox.RESULTS_OF_SET,
                           'coco_set/results.json'), (sandbox.ULTRALYTICS,
                                                      'ultralytics_json/clip0.json'),
                          (sandbox.BOXES, 'boxes.json'), (sandbox.GYM,
                                                          'gym/finegym_annotation_info_v1.0.json')):
        for name, data in texts.json_texts(json.loads((good / path).read_text())):
            yield Case('JSON', name, command, _write(path, data),
                       texts.may_pass_json(name, command.name))
    label = 'ultralytics/labels/clip0_1.txt'
    for name, data in texts.labels((good / label).read_text()):
        yield Case('labels', name, sandbox.LABELS, _write(label, data), texts.may_pass_label(name))
    for name, data in texts.csvs():
        yield Case('CSV', name, sandbox.PREPARE_CSV, _write('clips.csv', data),
                   texts.may_pass_csv(name))
    for name, file, data in texts.finegym():
        yield Case('FineGYM lists', name, sandbox.GYM, _write(f'gym/{file}', data),
                   'no clip' if 'val_element' in name and name.endswith(('empty', 'blank')) else '')
    from tests.test_datasets.test_converters.pennaction_files import label_of
    for name, content in texts.mats(label_of()):

        def put(folder, content=content):
            path = folder / 'penn/labels/0001.mat'
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                savemat(path, content)

        yield Case('MATLAB files', name, sandbox.PENN, put, texts.may_pass_mat(name))


def _configs(good):
    for option, reason in configs.OPTIONS.items():

        def put(folder, option=option):
            return dict(more=['--cfg-options', option])

        yield Case('config values', option, sandbox.TRAIN, put, reason)
    for name, text in configs.TEXTS.items():
        data = text.encode(errors='surrogatepass')
        for command in (sandbox.TRAIN, sandbox.TEST, sandbox.INFER, sandbox.BROWSE):
            yield Case('configs', name, command, _write(sandbox.CONFIG, data))


def _names(good):
    for name, text in names.NAMES.items():

        def put(folder, text=text):
            for old in (folder / 'videos/clip0.mp4', folder / 'classes/a/clip0.mp4'):
                old.rename(old.with_name(f'{text}.mp4'))
            content = pickle.loads((folder / 'annotations.pkl').read_bytes())
            content['annotations'][0]['frame_dir'] = text
            content['split']['train'][0] = text
            (folder / 'annotations.pkl').write_bytes(pickle.dumps(content))
            return {'videos/clip0.mp4': f'videos/{text}.mp4'}

        for command in (sandbox.CHECK, sandbox.TRAIN, sandbox.INFER, sandbox.EXPORT, sandbox.DRAW,
                        sandbox.PREPARE):
            yield Case('file names', name, command, put, 'a name like any other')

    def read_only(folder):
        (folder / 'work').mkdir()
        (folder / 'work').chmod(0o500)

    def a_file(folder):
        for name in ('work', 'inferred', 'drawn', 'coco', 'custom.pkl.part', 'custom.pkl.report'):
            (folder / name).write_bytes(b'')

    if os.getuid():
        yield Case('folders', 'work folder that is read-only', sandbox.TRAIN, read_only)
    for command in (sandbox.TRAIN, sandbox.TEST, sandbox.INFER, sandbox.EXPORT, sandbox.DRAW):
        yield Case('folders', 'a file in place of the output folder', command, a_file)


def cases(good):
    """Yield every case, from the good folder of :class:`sandbox.Sandboxes`."""
    content = pickle.loads((good / 'annotations.pkl').read_bytes())
    yield from _videos(content)
    yield from _pickles(content)
    yield from _checkpoints(good)
    yield from _texts(good)
    yield from _configs(good)
    yield from _names(good)


#: Families of which each input is in the core; of the others those of ``core.txt`` are.
_WHOLE = ('videos', 'configs', 'folders')
_CORE = set(Path(__file__).with_name('core.txt').read_text().splitlines())


def is_core(case):
    """Tell whether an input is in the core, which goes before every command that reads it.

    The core has each kind of fault and each field, not each kind in each field.
    """
    return case.family in _WHOLE or f'{case.family}: {case.name}' in _CORE


def run(boxes, case):
    """Run a case; return how it ended."""
    return boxes.run(case.command, case.put, case.may_pass)


def one_thread():
    """Let this process, and what is forked from it, compute in one thread."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def _in_order(chosen):
    """Let every family before every command come first, then the core, then the others, by chance.

    They come input by input: what is done when a campaign is stopped is a sample of all of it,
    of inputs that were put before every command that reads them.
    """
    inputs = list({(case.family, case.name): None for case in chosen})
    random.Random(1).shuffle(inputs)
    places = {key: place for place, key in enumerate(inputs)}
    chosen = sorted(chosen, key=lambda case: places[case.family, case.name])
    first = {(case.family, case.command): case for case in reversed(chosen)}
    return sorted(
        chosen, key=lambda case: (first[case.family, case.command] is not case, not is_core(case)))


def _say_whole(record, chosen):
    """Print how many inputs went before every command that reads them."""
    for title, part in (('all', chosen), ('core', list(filter(is_core, chosen)))):
        left = {case[:2] for case in map(_key_of, part) if not record.is_done(*case)}
        inputs = {_key_of(case)[:2] for case in part}
        print(
            f'{title}: {len(part)} runs; {len(inputs - left)} of {len(inputs)} inputs went before '
            'every command that reads them')


def _key_of(case):
    return case.family, case.name, case.command.name


def _run_all(record, args):
    # In memory where that is: thousands of runs that each put their files on the disk.
    memory = Path('/dev/shm')
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    end = time.monotonic() + (args.minutes or math.inf) * 60
    try:
        boxes = sandbox.Sandboxes(folder)
        chosen = [
            case for case in cases(boxes.good)
            if (not args.families or case.family in args.families) and (
                not args.commands or case.command.name in args.commands) and (
                    not args.names or args.names in case.name) and (not args.core or is_core(case))
        ][::args.every]
        todo = [case for case in _in_order(chosen) if not record.is_done(*_key_of(case))]
        gc.collect()
        gc.freeze()  # what is forked need not touch it
        with Progress('runs', len(chosen), len(chosen) - len(todo)) as progress:
            for case in todo:
                if time.monotonic() > end:
                    break
                began = time.monotonic()
                ended = run(boxes, case)
                record.add(family=case.family, input=case.name, command=case.command.name,
                           code=ended.code, seconds=round(time.monotonic() - began, 1),
                           gigabytes=round(ended.memory / 2**30, 2), faults='; '.join(ended.faults),
                           last_line=ended.last_line[:400])
                progress.step()
                if ended.faults or args.show:
                    print(
                        f'{case.title}: {ended.code}: {"; ".join(ended.faults)}\n    '
                        f'{ended.last_line[:400]}', flush=True)
        _say_whole(record, chosen)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    """Run all cases, or those of some families, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--families', nargs='+', help='(default: all)')
    parser.add_argument('--commands', nargs='+', help='(default: all)')
    parser.add_argument('--names', help='part of the names of inputs (default: all)')
    parser.add_argument('--core', action='store_true', help='the inputs of the core alone')
    parser.add_argument('--every', type=int, default=1, metavar='N', help='one of N cases')
    parser.add_argument('--minutes', type=float, help='stop after so many (default: at the end)')
    parser.add_argument(
        '--out', type=Path, default=Path('work_dirs', 'torture', 'hostile.csv'),
        help='a row for each run; those that stand there without a fault are not '
        'run again (default: %(default)s)')
    parser.add_argument('--summary', type=Path, help='CSV to write, a row for each family and '
                        'command')
    parser.add_argument('--show', action='store_true', help='show the last line of each')
    args = parser.parse_args()
    one_thread()
    record = Record(args.out)
    _run_all(record, args)
    if args.summary:
        record.write_summary(args.summary)
    print(json.dumps(record.summary()[-1], indent=1))
    raise SystemExit(any(record.faults()))
