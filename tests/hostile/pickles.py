"""Annotation pickles: each field wrong in each way, containers, bombs, and ways to reach code."""
import copy
import os
import pickle
import struct

import numpy as np

HUGE = 10**5000  # Python refuses to print its digits
_REFUSED = ''
_MISSING_JOINTS = 'joints that are not finite count as missing'


def _nest(make, depth):
    value = make(0)
    for _ in range(depth):
        value = make(value)
    return value


def values():
    """Return, by name, values that stand in the place of a field."""
    shared = [0]
    for _ in range(40):
        shared = [shared, shared]
    return {
        'none': None,
        'text': 'abc',
        'empty text': '',
        'long text': 'x' * 10**6,
        'bytes': b'ab',
        'zero': 0,
        'negative': -1,
        'huge': 10**30,
        'of 5000 digits': HUGE,
        'nan': float('nan'),
        'inf': float('inf'),
        'complex': 1j,
        'true': True,
        'list': [],
        'dict': {},
        'set': {1},
        'nested': _nest(lambda inner: [inner], 150),
        'shared': shared,
        'array': np.zeros((2, 3)),
        'array of text': np.array(['a', 'b']),
        'empty array': np.zeros((0, 8, 17, 2)),
        'pair of floats': (64.5, 80.5),
        'pair of huge': (10**30, HUGE),
    }


def arrays(keypoint):
    """Return, by name, what stands in the place of the keypoints."""
    changed = {}
    for name, number in (('nan', np.nan), ('inf', np.inf), ('1e30', 1e30), ('-1e30', -1e30)):
        changed[name] = keypoint.copy()
        changed[name][..., 0] = number
    return {
        **changed, 'three axes': keypoint[0], 'five axes': keypoint[None], 'other frames':
        keypoint[:, :3], 'other joints': keypoint[:, :, :5], 'one number': keypoint[..., :1],
        'four numbers': np.concatenate([keypoint] * 2, -1), 'nobody': keypoint[:0],
        'a thousand people': np.repeat(keypoint, 1000, 0), 'complex numbers':
        keypoint.astype(complex), 'truth values': keypoint > 0, 'wide axis': np.zeros(
            (0, 2**40, 17, 2), np.float32), 'fortran': np.asfortranarray(keypoint)
    }


#: Accepted, and documented: original_shape may lack and is not read then; truth is a whole number.
MAY_PASS = {
    'label true': 'True is the number 1',
    'label zero': 'a class',
    'original_shape missing': 'taken from img_shape',
    'frame_dir text': 'a name',
    'keypoint_score missing': 'joints at (0, 0) are missing, the others certain',
    'keypoint_score none': 'the same',
    'keypoints fortran': 'an order of bytes',
    'keypoints a thousand people': 'those of the lowest scores are left out',
    **{f'keypoints {name}': _MISSING_JOINTS for name in ('nan', 'inf')},
    **{f'keypoints {name}': 'outside of any frame: drawn nowhere' for name in ('1e30', '-1e30')},
    'keypoints nobody': 'a clip without people',
    'scores nan': _MISSING_JOINTS,
    'scores negative': 'taken for the nearer of 0 and 1',
    **{f'{key}: none': 'as if it had none' for key in ('layout', 'classes', 'split')},
    **{f'split: {name}': 'as if it had none' for name in ('list', 'dict')},
}
#: Commands that show, compare or convert what is there: scores are judged by others.
_AS_THEY_ARE = {'draw', 'compare', 'export', 'attach pyskl'}


def fields(content):
    """Yield a name, and the bytes of a pickle whose first annotation has one wrong field."""
    first = content['annotations'][0]
    for field in sorted(first):
        changed = copy.deepcopy(content)
        del changed['annotations'][0][field]
        yield f'{field} missing', pickle.dumps(changed)
        for name, value in values().items():
            changed = copy.deepcopy(content)
            changed['annotations'][0][field] = value
            yield f'{field} {name}', pickle.dumps(changed)
    for name, value in arrays(first['keypoint']).items():
        changed = copy.deepcopy(content)
        changed['annotations'][0]['keypoint'] = value
        yield f'keypoints {name}', pickle.dumps(changed)
    for name, number in (('nan', np.nan), ('1e30', 1e30), ('negative', -1.)):
        changed = copy.deepcopy(content)
        changed['annotations'][0]['keypoint_score'] = np.full_like(first['keypoint_score'], number)
        yield f'scores {name}', pickle.dumps(changed)
    for key in ('annotations', 'split', 'classes', 'layout', 'extraction', 'source'):
        for name, value in values().items():
            yield f'{key}: {name}', pickle.dumps({**content, key: value})
    for name, value in values().items():
        yield f'an annotation: {name}', pickle.dumps({**content, 'annotations': [value]})
        yield f'a split: {name}', pickle.dumps({**content, 'split': dict(train=value, val=value)})
        yield f'an id: {name}', pickle.dumps({**content, 'split': dict(train=[value])})
        yield f'shard: {name}', pickle.dumps({**content, 'extraction': dict(shard=value)})
        yield f'number of shards: {name}', pickle.dumps(
            {**content, 'extraction': dict(shard=(1, value))})
        yield f'whole: {name}', pickle.dumps(value)
    yield 'shard of 10^12', pickle.dumps({**content, 'extraction': dict(shard=(1, 10**12))})
    yield 'key of no text', pickle.dumps({**content, 7: 8, None: 9})
    for name in ('../../neighbour/mine', '/etc/passwd', 'a' * 5000, 'a\nb', '\0', '', '.', '..',
                 '\ud800', '-rf', '$(touch mark)', '{0.__class__}', '%s%n'):
        changed = copy.deepcopy(content)
        changed['annotations'][0].update(frame_dir=name, filename=f'{name}.mp4')
        changed['split']['train'][0] = name
        yield f'name {name[:20]!r}', pickle.dumps(changed)


class Calls:
    """Pickles as a call."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def _of_global(module, name, argument=b'S"touch mark"\n'):
    return b'c' + module.encode() + b'\n' + name.encode() + b'\n(' + argument + b'tR.'


def codes():
    """Yield a name, and bytes that would run code in Python's own reader, or try to."""
    yield 'os.system in annotations', pickle.dumps(
        dict(annotations=[Calls(os.system, 'touch mark')]))
    for module, name in (
        ('os', 'system'),
        ('posix', 'system'),
        ('builtins', 'eval'),
        ('builtins', 'exec'),
        ('builtins', 'getattr'),
        ('builtins', 'open'),
        ('builtins', '__import__'),
        ('__builtin__', 'eval'),
        ('subprocess', 'Popen'),
        ('subprocess', 'getoutput'),
        ('pickle', 'loads'),
        ('torch', 'load'),
        ('numpy', 'load'),
        ('numpy', 'fromfile'),
        ('numpy', 'memmap'),
        ('numpy.core.multiarray', 'fromfile'),
        ('runpy', 'run_path'),
        ('importlib', 'import_module'),
        ('ctypes', 'CDLL'),
        ('pty', 'spawn'),
        ('shutil', 'rmtree'),
        ('functools', 'partial'),
        ('operator', 'attrgetter'),
        ('operator', 'methodcaller'),
        ('copyreg', '_reconstructor'),
        ('types', 'FunctionType'),
        ('webbrowser', 'open'),
        ('code', 'interact'),
        ('bdb', 'Bdb'),
        ('timeit', 'timeit'),
        ('cProfile', 'run'),
        ('collections', 'defaultdict'),
        ('collections', 'Counter'),
        ('mmaction_d3d.compat', 'apply'),
        ('mmengine.config', 'Config'),
        ('__main__', 'main'),
        ('builtins', 'list.__class__'),
        ('builtins', 'bytearray.__init__'),
        ('antigravity', 'x'),
        ('_codecs', 'lookup'),
        ('numpy.core.numeric', 'os.system'),
        ('numpy', 'dtype.__reduce__'),
    ):
        yield f'{module}.{name}', _of_global(module, name)
    yield 'INST', b'(S"touch mark"\nios\nsystem\n.'
    yield 'OBJ', b'(cos\nsystem\nS"touch mark"\no.'
    yield 'NEWOBJ', b'\x80\x02cos\nsystem\nS"touch mark"\n\x85\x81.'
    yield 'STACK_GLOBAL', b'\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\ntouch mark\x85R.'
    yield 'EXT1', b'\x80\x02\x82\x01.'
    yield 'PERSID', b'P1\n.'
    yield 'BINPERSID', b'K\x01Q.'
    yield 'BUILD of a set', b'\x80\x04\x8f(K\x01\x90}\x8c\x09__class__K\x01sb.'
    yield 'BUILD of a function', b'\x80\x04c_codecs\nencode\n}\x8c\x08__code__K\x01sb.'
    yield 'object array', pickle.dumps(np.array([Calls(os.system, 'touch mark')], object))


def bombs():
    """Yield a name, and bytes that are few but would take memory, time or the stack."""
    yield 'object number of 10^9', b'Np999999999\n.'
    yield 'object number of 2^28', b'\x80\x02Nr\xff\xff\xff\x0f.'
    padded = b'\x80\x04B' + struct.pack('<I', 2**21) + bytes(2**21) + b'0'
    yield 'object number in a large file', padded + b'Np999999999\n.'
    yield 'bytearray', b'cbuiltins\nbytearray\n(I5300000000\ntR.'
    yield 'text of 2^62 bytes', b'\x80\x04\x8d' + struct.pack('<Q', 2**62) + b'.'
    yield 'bytes of 2^62 bytes', b'\x80\x04\x8e' + struct.pack('<Q', 2**62) + b'.'
    yield 'bytearray of 2^62 bytes', b'\x80\x05\x96' + struct.pack('<Q', 2**62) + b'.'
    yield 'bytearray cut', b'\x80\x05\x96' + struct.pack('<Q', 1000) + b'abc'
    yield 'frame of 2^62 bytes', b'\x80\x04\x95' + struct.pack('<Q', 2**62) + b'.'
    shared = b'\x80\x04)' + b'2\x86' * 60  # a pair of the same pair, 60 times
    yield 'shared pairs as a key', b'\x80\x04}' + shared[2:] + b'Ns.'
    yield 'shared pairs in a set', b'\x80\x04\x8f(' + shared[2:] + b'\x90.'
    yield 'shared pairs in a frozenset', b'\x80\x04(' + shared[2:] + b'\x91.'
    yield 'shared pairs as an argument', b'\x80\x04cnumpy\ndtype\n' + shared[2:] + b'\x85R.'
    stored = b')' + b''.join(b'q' + bytes([i]) + b'h' + bytes([i]) + b'\x86' for i in range(60))
    yield 'stored pairs as a key', b'\x80\x04}' + stored + b'Ns.'
    yield 'shared pairs in set()', (b'\x80\x04cbuiltins\nset\n](' + shared[2:] + b'e\x85R.')
    yield 'deep pairs as a key', b'\x80\x04}' + b')' + b'\x85' * 900000 + b'Ns.'
    yield 'deep pairs in a large file', padded + b'}' + b')' + b'\x85' * 900000 + b'Ns.'
    yield 'deep lists', b'\x80\x04' + b']' * 500000 + b'a' * 499999 + b'.'
    yield 'deep pairs', b'\x80\x04)' + b'\x85' * 900000 + b'.'
    yield 'twelve million sets', b'\x80\x04(' + b'\x8f' * 12000000 + b'l.'
    yield 'twelve million lists', b'\x80\x04(' + b']' * 30000000 + b'l.'
    yield 'number of a million digits', b'I' + b'9' * 10**6 + b'\n.'
    yield 'number of a megabyte', b'\x8b' + struct.pack('<i', 10**6) + b'\x7f' * 10**6 + b'.'
    shared = b'\x80\x04](K\x00e' + b'q\x00]q\x01(h\x00h\x00e' * 1
    yield 'list in itself', b'\x80\x04]q\x00h\x00a.'
    yield 'text of a gigabyte', (b'cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n'
                                 b'(S"U2000000000"\ntRS""\ntR.')
    yield 'array of wide text', _array(b'S"U500000000"\n', b'I3\n', b'')
    yield 'array of no sides', _array(b'S"f8"\n', b'I0\nI9223372036854775807\n', b'')
    yield 'array of many axes', _array(b'S"f8"\n', b'I0\n' * 100, b'')


def _array(code, shape, data):
    return (b'\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS"b"\ntR'
            b'(I1\n(' + shape + b'tcnumpy\ndtype\n(' + code + b'I0\nI1\ntR(I3\nS"<"\nNNNI-1\nI-1\n'
            b'I0\ntbI00\nT' + struct.pack('<I', len(data)) + data + b'tb.')


def damaged(content):
    """Yield a name, and bytes that are no whole pickle."""
    data = pickle.dumps(content)
    for tenth in range(10):
        yield f'cut at {tenth}0 %', data[:len(data) * tenth // 10]
    yield 'more behind', data + b'x'
    yield 'two', data + data
    yield 'text', b'hello, no pickle'
    rng = np.random.default_rng(2)
    for seed in range(12):
        flipped = bytearray(data)
        for place in rng.integers(0, len(data), 8):
            flipped[place] = rng.integers(256)
        yield f'flipped bytes {seed}', bytes(flipped)


_CLIPS = 'label', 'total_frames', 'img_shape', 'original_shape', 'keypoint', 'scores'
_NOTHING = 'classes: list', 'classes: array of text', 'classes: empty array', 'annotations: list'
_LABELS = {'infer', 'draw', 'export', 'compare', 'attach pyskl', 'boxes'}
#: By the beginning of an input's name, the commands that do not read that part, and all else.
_NOT_READ = {
    ('extraction', 'shard', 'number of shards', 'key of no text'):
    {'check', 'fix', 'train', 'infer', 'export', 'draw', 'compare', 'attach pyskl', 'boxes'},
    ('source', ): {
        'check', 'fix', 'train', 'infer', 'export', 'draw', 'compare', 'attach pyskl', 'boxes',
        'merge'
    },
    # It joins them as they are: check_dataset.py, the command that it names, judges them.
    (*_CLIPS, 'layout', 'an id', 'a split', 'key of no', *_NOTHING): {'merge'},
    ('label', ): _LABELS,
    ('classes', ): _LABELS | {'check', 'fix'},
    ('split', 'a split', 'an id'): {'infer', 'draw', 'compare', 'attach pyskl', 'boxes', 'fix'},
}


def may_pass(name, command):
    """Return why a command may accept a pickle, '' where it may not."""
    for parts, commands in _NOT_READ.items():
        if command in commands and name.startswith(parts):
            return 'not read by this command'
    if command in ('compare', 'attach pyskl', 'merge') and name == 'frame_dir long text':
        return 'a name like any other, of no file here; skeletons of no clip are said'
    if command in _AS_THEY_ARE and name == 'scores 1e30':
        return 'shown, compared or converted as they are'
    if command == 'fix':
        return 'mended, or left out, and said'
    if name.startswith(('name ', 'flipped bytes')):
        return 'a name like any other; a number may be another'
    return MAY_PASS.get(name, '')
