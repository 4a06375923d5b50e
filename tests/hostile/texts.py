"""Text files: ``.skeleton``, JSON of other tools, CSV, FineGYM's lists; and MATLAB's files."""
import copy
import json

import numpy as np

DIGITS = '9' * 5000  # more than Python reads
ODD_TEXTS = {
    'empty': b'',
    'blank': b' \n\n ',
    'not UTF-8': b'\xff\xfe\x00abc',
    'zeros': bytes(1000),
    'digits': DIGITS.encode(),
    'one line of 10 MB': b'a' * 10**7,
    'quote that never ends': b'path,label,split\n"a/b.mp4,c,train\n' + b'x\n' * 1000,
}
#: Values that stand in the place of any part of a JSON file.
_JSON = {
    'null': None,
    'true': True,
    'zero': 0,
    'negative': -5,
    'huge': 10**400,
    'float': 1e308,
    'text': 'abc',
    'digits': DIGITS,
    'list': [],
    'lists': [[[]]],
    'object': {},
    'objects': [{}],
}
#: What stands in the place of a number of a text file.
_WRONG_NUMBERS = [
    '-1', '0', '1e3', 'nan', 'inf', DIGITS, '', 'abc', '1_0', '٣', '0x10', '+1', '1.0', '10' * 9,
    '1 2'
]


def skeletons(lines):
    """Yield a name, and the bytes of a ``.skeleton`` file of which a line is wrong."""
    yield from ODD_TEXTS.items()
    text = '\r\n'.join(lines)
    for tenth in range(1, 10):
        yield f'cut at {tenth}0 %', text[:len(text) * tenth // 10].encode()
    for name, place in (('frames', 0), ('bodies', 1), ('joints', 3)):
        for value in _WRONG_NUMBERS:
            changed = list(lines)
            changed[place] = value
            yield f'{name} {value[:10]}', '\n'.join(changed).encode()
    for name, place, column in (('id', 2, 0), ('lean', 2, 7), ('state of a body', 2, 9),
                                ('x', 4, 0), ('state', 4, 11)):
        for value in _WRONG_NUMBERS:
            changed = list(lines)
            parts = changed[place].split()
            parts[column] = value
            changed[place] = ' '.join(parts)
            yield f'{name} {value[:10]}', '\n'.join(changed).encode()


#: The parts of these files that are read.
_READ = {
    'images', 'id', 'file_name', 'height', 'width', 'annotations', 'image_id', 'keypoints',
    'categories', 'frame_id', 'instances', 'keypoint_scores', 'people', 'pose_keypoints_2d', 'x',
    'y', 'visible', 'bodies', 'joints', '0.jpg', 'timestamps', 'segments', 'clip0', 'abcdefghijk',
    'E_000000_000003', 'A_0000_0001'
}


def json_texts(content):
    """Yield a name, and the bytes of a JSON file of which one part is of another type."""
    yield from ODD_TEXTS.items()
    whole = json.dumps(content)
    for tenth in (1, 5, 9):
        yield f'cut at {tenth}0 %', whole[:len(whole) * tenth // 10].encode()
    yield 'deep', b'[' * 200000
    yield 'deep objects', b'{"a":' * 200000
    yield 'number of 5000 digits', b'[' + DIGITS.encode() + b']'
    yield 'NaN', b'NaN'
    yield 'twice the key', b'{"images": [], "images": 3}'
    paths = list(_paths(content))
    for path in paths:
        for name, value in _JSON.items():
            yield (f'{".".join(map(str, path)) or "all"} {name}',
                   json.dumps(_replaced(content, path, value)).encode())
        if path and isinstance(path[-1], str):
            yield f'{".".join(map(str, path))} missing', json.dumps(
                _replaced(content, path, None, True)).encode()


def _paths(content, path=()):
    """Yield the first of each kind of place in a JSON content."""
    yield path
    if isinstance(content, dict):
        for key in sorted(_READ.intersection(content)):
            yield from _paths(content[key], (*path, key))
    elif isinstance(content, list) and content:
        yield from _paths(content[0], (*path, 0))


def _replaced(content, path, value, remove=False):
    if not path:
        return value
    changed = copy.deepcopy(content)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    if remove:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return changed


def labels(line):
    """Yield a name, and the bytes of a label file of Ultralytics of which a part is wrong."""
    yield from ODD_TEXTS.items()
    for tenth in (1, 5, 9):
        yield f'cut at {tenth}0 %', line[:len(line) * tenth // 10].encode()
    parts = line.split()
    for name, place in (('class', 0), ('box', 1), ('x', 5), ('score', 7)):
        for value in _WRONG_NUMBERS:
            yield f'{name} {value[:10]}', ' '.join([*parts[:place], value,
                                                    *parts[place + 1:]]).encode()
    yield 'one number more', f'{line.strip()} 7'.encode()
    yield 'two people of other joints', f'{line}{" ".join(parts[:-3])}'.encode()
    yield '100,000 joints', ' '.join(parts[:5] + parts[5:] * 6000).encode()
    yield '100,000 people', (line * 100000).encode()
    yield 'pixels', ' '.join([*parts[:5], *(str(float(part) * 80) for part in parts[5:])]).encode()


def csvs():
    """Yield a name, and the bytes of a CSV."""
    yield from ODD_TEXTS.items()
    head = b'path,label,split\n'
    for name, row in {
            'no rows': b'',
            'outside': b'../good.pth,a,train',
            'absolute': b'/etc/passwd,a,train',
            'outside by the middle': b'a/../../videos/clip0.mp4,a,train',
            'no label': b'a/clip0.mp4,,train',
            'too many': b'a/clip0.mp4,a,train,x,y',
            'too few': b'a/clip0.mp4',
            'label of digits': b'a/clip0.mp4,' + DIGITS.encode() + b',train',
            'line break': b'"a/clip\n0.mp4",a,train',
            'quotes': b'"a/""clip0"".mp4",a,train',
            'nothing there': b'none.mp4,a,train',
            'a folder': b'a,a,train',
            'zero': b'a\0b,a,train',
            'field of a MB': b'a/clip0.mp4,' + b'x' * 2**20 + b',train',
            'two classes': b'a/clip0.mp4,a,train\na/clip0.mp4,b,train',
            'negative label': b'a/clip0.mp4,-1,train',
            'unicode digit': 'a/clip0.mp4,²,train'.encode(),
            'name of 5000': b'a' * 5000 + b',a,train',
            'lone surrogate': b'\xed\xa0\x80,a,train',
    }.items():
        yield name, head + row + b'\n'
    yield 'other columns', b'file,class\na,b\n'
    yield 'columns twice', b'path,path,label,split\na,b,c,d\n'


def finegym():
    """Yield a name, a file of the annotations, and its bytes."""
    elements = 'gym99_train_element_v1.0.txt'
    clip = 'abcdefghijk_E_000000_000003_A_0000_0001'
    for name, data in ODD_TEXTS.items():
        for file in (elements, 'gym99_val_element.txt', 'gym99_categories.txt'):
            yield f'{file} {name}', file, data
    for name, line in {
            'class of digits': f'{clip} {DIGITS}',
            'negative class': f'{clip} -1',
            'class too large': f'{clip} 99',
            'unicode class': f'{clip} ²',
            'times of digits': f'abcdefghijk_E_{DIGITS}_000003_A_0000_0001 1',
            'outside': '../../x_E_000000_000003_A_0000_0001 1',
            'no such clip': f'x{clip} 1',
    }.items():
        yield name, elements, line.encode()
    for name, line in {
            'label of digits': f'Clabel: {DIGITS}; set: 1; Glabel: 1; x',
            'set of digits': f'Clabel: 0; set: {DIGITS}; Glabel: 1; x',
            'unicode label': 'Clabel: ²; set: 1; Glabel: 1; x',
    }.items():
        yield name, 'gym99_categories.txt', line.encode()


def mats(fields):
    """Yield a name, and the fields of a label file of which one is wrong; or its bytes."""
    for name, data in ODD_TEXTS.items():
        yield name, data
    values = {
        'text': 'abc',
        'empty': np.zeros((0, 0)),
        'nan': np.full((4, 13), np.nan),
        'inf': np.array([[np.inf]]),
        'huge': np.array([[1e300]]),
        'negative': np.array([[-7.]]),
        'cube': np.zeros((4, 13, 2)),
        'complex': np.zeros((4, 13), complex),
        'cells': np.array([['a', np.zeros(3)]], object),
        'record': dict(a=1),
        'other columns': np.zeros((4, 5)),
        'nan alone': np.array([[np.nan]]),
        'infinite row': np.full((1, 3), np.inf),
    }
    for field in sorted(fields):
        yield f'{field} missing', {key: value for key, value in fields.items() if key != field}
        for name, value in values.items():
            yield f'{field} {name}', {**fields, field: value}


def may_pass(name):
    """Return why a ``.skeleton`` file may be accepted, '' where it may not."""
    field, _, value = name.rpartition(' ')
    if field in ('lean', 'state of a body', 'x') and value not in ('abc', '', '1_0', '٣', '0x10'):
        return 'a number; one that is not finite is a joint that is missing'
    if field in ('id', 'state') and value in ('0', '+1', '1.0', '1010101010'):
        return 'a number in its range'
    return ''


def may_pass_json(name, command):
    """Return why a JSON file may be accepted, '' where it may not."""
    path, _, value = name.rpartition(' ')
    leaf = next((part for part in reversed(path.split('.')) if not part.isdigit()), '')
    if 'keypoint' in path or 'joints' in path or command == 'boxes':
        return 'numbers as they are; a joint without one is missing; nobody in a frame'
    if command == 'finegym' and leaf in ('abcdefghijk', 'E_000000_000003', 'A_0000_0001',
                                         'segments', 'timestamps'):
        return 'clips without times are left out, and said'
    if command == 'attach ultralytics' and path == '0':
        return 'no list of frames: by its name one frame of another clip, and that is said'
    if leaf in ('frame_id', 'instances', 'people', 'bodies', 'jpg', 'annotations', 'categories',
                'all', 'id', 'image_id', 'height', 'width'):
        return 'nobody in a frame; a number as it is; skeletons of no clip are said'
    return ''


def may_pass_label(name):
    """Return why a label file may be accepted, '' where it may not."""
    field, _, value = name.rpartition(' ')
    if name in ('empty', 'blank', 'one number more') or name.endswith(' 1 2'):
        return 'nobody in a frame; a score or a track may follow'
    if field == 'class' or field == 'box':
        return 'not read but for being a number'
    if field in ('x', 'score') and value not in ('abc', '1_0', '٣', '0x10'):
        return 'a number; one that is not finite is a joint that is missing'
    return ''


def may_pass_csv(name):
    """Return why a CSV may be accepted, '' where it may not."""
    return 'a class of that name' if name in ('negative label', 'unicode digit', 'digits',
                                              'label of digits') else ''


def may_pass_mat(name):
    """Return why a label file may be accepted, '' where it may not."""
    field, _, value = name.partition(' ')
    if field == 'pose':
        return 'not read'
    if field == 'nframes':
        return 'not used but to be compared'
    if field == 'bbox' and value == 'empty':
        return 'a clip without boxes is counted'
    if field in ('x', 'y', 'visibility') and value == 'nan':
        return 'joints that are missing'
    return 'its first number is read' if field == 'train' else ''
