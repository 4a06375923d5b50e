"""Feeds readers of strangers' files with bytes that are made up: ``make fuzz``.

With atheris, where that is installed, by coverage; else by changing good files at random. A reader
may refuse, by an :class:`InputError`, or read; anything else, a hang, and a difference between two
ways to read are faults, and end it.
"""
import argparse
import contextlib
import csv
import importlib.util
import json
import math
import os
import pickle
import random
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / 'tests')]

from mmaction_d3d.datasets import safe_pickle  # noqa: E402
from mmaction_d3d.datasets.annotations import read_annotations  # noqa: E402
from mmaction_d3d.datasets.converters import finegym, importers, ntu_reader  # noqa: E402
from mmaction_d3d.errors import InputError  # noqa: E402
from tests.test_datasets.test_converters import ntu_files  # noqa: E402

SECONDS = 20  # that one input may take
_FOLDER = Path(tempfile.mkdtemp(dir='/dev/shm' if Path('/dev/shm').is_dir() else None))


def _file(data, name):
    path = _FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return str(path)


def skeleton(data):
    """The fast reader, and one that goes number by number, agree."""
    path = _file(data, 'S001C001P001R001A001.skeleton')
    with contextlib.suppress(InputError):
        content = ntu_reader.read_skeleton(path)
        assert content.num_frames >= 0 and len(content.frames) == len(content.body_ids)
        lines = ntu_reader._Lines(path)
        rows = []
        place = 1
        for frame in range(content.num_frames):
            count = int(lines.lines[place])
            assert count == (content.frames == frame).sum()
            place += 1
            for _ in range(count):
                rows += [
                    list(map(float, line.split())) for line in lines.lines[place + 2:place + 27]
                ]
                place += 27
        slow = np.array(rows).reshape(-1, 25, 12)
        slow[~np.isfinite(slow)] = math.nan
        np.testing.assert_array_equal(content.joints, slow)


def annotations(data):
    """The restricted unpickler reads as Python's own does, and runs nothing."""
    path = _file(data, 'a.pkl')
    with contextlib.suppress(InputError):
        with _watched():
            content = safe_pickle.load(path)
        with contextlib.suppress(InputError):
            read_annotations(content, path)


def json_importers(data):
    """What reads the JSON of other tools, by the first byte."""
    kind, data = data[:1], data[1:]
    names = {b'0': 'coco', b'1': 'mmpose', b'2': 'alphapose', b'3': 'openpose', b'5': 'ultralytics'}
    with contextlib.suppress(InputError):
        if kind == b'4':
            _file(data, 'gym/finegym_annotation_info_v1.0.json')
            finegym.read_times(str(_FOLDER / 'gym'), '1.0')
        elif kind == b'3':
            _file(data, 'openpose/clip_000000000000_keypoints.json')
            _read(str(_FOLDER / 'openpose'), 'openpose')
        else:
            _read(_file(data, 'clip.json'), names.get(kind, 'coco'))


def _read(path, kind):
    for read in importers.import_skeletons(path, kind, None).values():
        with contextlib.suppress(InputError):
            skeletons = read()
            for people in skeletons.frames.values():
                assert np.isfinite(people).all() and people.shape[1:] == (len(skeletons.joints), 3)


_FORBIDDEN = ('os.system', 'subprocess.', 'exec', 'compile', 'import', 'socket.', 'ctypes.',
              'shutil.', 'os.remove', 'os.rename', 'os.spawn', 'os.exec', 'os.posix_spawn')
_watching = False


def _hook(event, arguments):
    if _watching and event.startswith(_FORBIDDEN):
        raise AssertionError(f'the input made {event} of {arguments!r:.200}')


@contextlib.contextmanager
def _watched():
    global _watching
    _watching = True
    try:
        yield
    finally:
        _watching = False


def seeds():
    """Return good inputs by target."""
    body = ntu_files.make_body(range(2))
    text = '\r\n'.join(ntu_files.skeleton_lines(2, [body])).encode()
    content = dict(
        split=dict(train=['a']), annotations=[
            dict(frame_dir='a', label=0, img_shape=(4, 4), total_frames=1, keypoint=np.zeros(
                (1, 1, 17, 2), np.float16), keypoint_score=np.ones((1, 1, 17)))
        ], classes=('x', ), ids={1, 2}, flat=frozenset([(1, 2)]), raw=bytearray(b'ab'))
    flat = [1., 2., .5] * 17
    people = [dict(keypoints=[[1, 2]] * 17, keypoint_scores=[.5] * 17)]
    jsons = [
        dict(images=[dict(id=1, file_name='a/1.jpg', height=4,
                          width=4)], annotations=[dict(image_id=1, keypoints=flat)],
             categories=[dict(keypoints=[f'j{i}' for i in range(17)])]),
        [dict(frame_id=0, instances=people)], [dict(image_id='1.jpg', keypoints=flat, score=1.)],
        dict(people=[dict(pose_keypoints_2d=[100., 2., .5] * 25)]),
        dict(v=dict(E_0_3=dict(timestamps=[[0, 3]], segments=dict(
            A_0_1=dict(stages=1, timestamps=[[0, 1]])))))
    ]
    return dict(skeleton=[text],
                annotations=[pickle.dumps(content, protocol) for protocol in range(6)],
                json_importers=[f'{i}{json.dumps(x)}'.encode() for i, x in enumerate(jsons)])


TARGETS = dict(skeleton=skeleton, annotations=annotations, json_importers=json_importers)
_TOKENS = dict(
    skeleton=[
        b'-1', b'nan', b'inf', b'1e999', b'9' * 30, b'\n', b' ', b'25', b'0x1', b'1_0', b'1#'
    ], annotations=[
        bytes([code]) for code in b'(.0123)]}abceghijlopqrstuR\x80\x81\x85\x86\x87\x8f'
        b'\x90\x91\x92\x93\x94\x95'
    ] + [b'cnumpy\ndtype\n', b'cbuiltins\nset\n'], json_importers=[
        b'null', b'1e999', b'-1', b'"a"', b'[]', b'{}', b'9' * 400, b'true', b'[[', b','
    ])


def mutated(draw, data, tokens):
    """Return a changed copy: bytes, tokens, parts left out, repeated or exchanged."""
    data = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 4, 16))):
        place = draw.randrange(len(data) + 1)
        end = min(place + draw.choice((1, 2, 8, 64)), len(data))
        match draw.randrange(5):
            case 0:
                data[place:end] = draw.randbytes(end - place)
            case 1:
                data[place:end] = draw.choice(tokens)
            case 2:
                del data[place:end]
            case 3:
                data[place:place] = data[place:end] * draw.choice((1, 2, 50))
            case 4:
                other = draw.randrange(len(data) + 1)
                data[place:end] = data[other:other + end - place]
    return bytes(data)


def _mutate(target, good, seconds, seed):
    """Try changed inputs for so long; return how many."""
    draw, count, start = random.Random(seed), 0, time.monotonic()
    tokens = _TOKENS[target]
    while time.monotonic() - start < seconds:
        data = mutated(draw, draw.choice(good), tokens)
        signal.alarm(SECONDS)
        try:
            TARGETS[target](data)
        except BaseException:
            _keep(target, data)
            raise
        count += 1
    signal.alarm(0)
    return count


def _keep(target, data):
    path = Path.cwd() / f'fuzz_{target}_{hash(data) & 0xffffffff:08x}'
    path.write_bytes(data)
    print(f'the input: {path}', file=sys.stderr)


def _by_coverage(target, good, seconds, seed):
    """Let atheris look for inputs; it ends the process."""
    import atheris
    corpus = _FOLDER / f'corpus_{target}'
    corpus.mkdir()
    for index, data in enumerate(good):
        (corpus / str(index)).write_bytes(data)
    atheris.instrument_func(TARGETS[target])
    for module in (ntu_reader, safe_pickle, importers, finegym,
                   sys.modules['mmaction_d3d.datasets.pickle_limits'],
                   sys.modules['mmaction_d3d.datasets.converters.alphapose'],
                   sys.modules['mmaction_d3d.datasets.converters.coco'],
                   sys.modules['mmaction_d3d.datasets.converters.ultralytics'],
                   sys.modules['mmaction_d3d.datasets.converters.skeleton_files']):
        for name, value in list(vars(module).items()):
            if callable(value) and getattr(value, '__module__', '') == module.__name__ and hasattr(
                    value, '__code__'):
                setattr(module, name, atheris.instrument_func(value))
    atheris.Setup([
        sys.argv[0], f'-max_total_time={seconds}', f'-timeout={SECONDS}', f'-seed={seed}',
        '-rss_limit_mb=4096', '-max_len=20000', '-print_final_stats=1', '-verbosity=0',
        f'-artifact_prefix=fuzz_{target}_',
        str(corpus)
    ], TARGETS[target])
    atheris.Fuzz()


def _fuzz_by_coverage(target, good, seconds, seed):
    """Let atheris work in a process of its own; return how many inputs it tried."""
    sys.stdout.flush()
    log = _FOLDER / f'{target}.log'
    child = os.fork()
    if not child:
        with log.open('wb') as file:
            os.dup2(file.fileno(), 2)
        _by_coverage(target, good, seconds, seed)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    text = log.read_text(errors='replace')
    if code:
        sys.exit(f'{text[-5000:]}\n{target}: exit code {code}')
    return int(re.search(r'number_of_executed_units: *(\d+)', text)[1])


def main():
    """Fuzz one target, or all one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('targets', nargs='*', choices=[*TARGETS, []], help='(default: all)')
    parser.add_argument('--seconds', type=int, default=600, help='of each (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--mutate', action='store_true', help='without atheris')
    parser.add_argument('--out', type=Path, help='CSV to write, a row for each')
    args = parser.parse_args()
    sys.addaudithook(_hook)
    by_coverage = not args.mutate and importlib.util.find_spec('atheris') is not None
    way = 'atheris' if by_coverage else 'changes at random'
    rows = []
    for target in args.targets or TARGETS:
        good = seeds()[target]
        for data in good:
            TARGETS[target](data)
        fuzz = _fuzz_by_coverage if by_coverage else _mutate
        rows.append((target, way, args.seconds, fuzz(target, good, args.seconds, args.seed)))
        print(f'{target}: {rows[-1][3]} inputs by {way}, no fault', flush=True)
        if args.out:
            with args.out.open('w', newline='') as file:
                csv.writer(file,
                           lineterminator='\n').writerows([('reader', 'by', 'seconds', 'inputs'),
                                                           *rows])


if __name__ == '__main__':
    main()
