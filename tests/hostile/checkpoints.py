"""Checkpoints: damaged, of other content, and with other meta data."""
import copy
import io
import os
import pickle

import numpy as np
import torch

from .pickles import HUGE, Calls, _nest


def _saved(content):
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def _with(content, path, value):
    changed = copy.deepcopy(content)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


#: The states that only a training that goes on reads, and what of them may be anything elsewhere.
OF_RESUME = ('optimizer', 'param_schedulers', 'message_hub', 'meta')


def checkpoints(data):
    """Yield a name, bytes, and whether only a training that goes on has to refuse them."""
    content = torch.load(io.BytesIO(data), weights_only=True)
    yield 'empty', b'', False
    yield 'text', b'no checkpoint', False
    for tenth in (1, 3, 5, 7, 9):
        yield f'cut at {tenth}0 %', data[:len(data) * tenth // 10], False
    yield 'runs code', pickle.dumps(Calls(os.system, 'touch mark')), False
    yield 'runs code in a zip', _saved(dict(state_dict=Calls(os.system, 'touch mark'))), False
    yield 'runs code in its meta data', _saved(
        {**content, 'meta': {**content['meta'], 'x': Calls(os.system, 'touch mark')}}), False
    name = next(name for name, x in content['state_dict'].items() if x.is_floating_point())
    weight = content['state_dict'][name]
    for kind, tensor in {
            'nan': torch.full_like(weight, torch.nan),
            'inf': torch.full_like(weight, torch.inf),
            'another shape': weight[None],
            'no data': weight.to('meta'),
            'whole numbers': weight.to(torch.int8),
            'sparse': weight.flatten()[None].to_sparse(),
            'complex': weight.to(torch.complex64),
            'no tensor': [1.],
            'text': 'x',
            'a number of no axes': torch.tensor(1.),
            'one number spread': torch.zeros(1).expand(10**12),
    }.items():
        yield f'a weight: {kind}', _saved(_with(content, ('state_dict', name), tensor)), False
    yield 'no state_dict', _saved({k: v for k, v in content.items() if k != 'state_dict'}), False
    for kind, value in _others().items():
        yield f'whole: {kind}', _saved(value), False
        yield f'state_dict: {kind}', _saved({**content, 'state_dict': value}), False
        for key in OF_RESUME:
            yield f'{key}: {kind}', _saved({**content, key: value}), True
        for path in (('meta', 'epoch'), ('meta', 'iter'), ('meta', 'seed'), ('meta',
                                                                             'dataset_meta'),
                     ('meta', 'cfg'), ('meta', 'experiment_name'), ('message_hub', 'log_scalars'),
                     ('message_hub', 'runtime_info'), ('message_hub', 'resumed_keys'),
                     ('optimizer', 'state'), ('optimizer', 'param_groups'), ('param_schedulers', 0),
                     ('message_hub', 'runtime_info',
                      'max_epochs'), ('message_hub', 'runtime_info',
                                      'max_iters'), ('message_hub', 'runtime_info', 'best_score'),
                     ('message_hub', 'runtime_info',
                      'best_ckpt'), ('message_hub', 'runtime_info',
                                     'keep_ckpt_ids'), ('message_hub', 'runtime_info',
                                                        'validated_epoch')):
            yield f'{".".join(map(str, path))}: {kind}', _saved(_with(content, path, value)), True
    for key in OF_RESUME:
        yield f'{key} missing', _saved({k: v for k, v in content.items() if k != key}), True
    for path in ('../neighbour/mine.txt', 'annotations.pkl', '/etc/passwd'):
        runtime = {**content['message_hub']['runtime_info'], 'best_ckpt': path, 'best_score': -1.}
        hub = {**content['message_hub'], 'runtime_info': runtime}
        yield f'best checkpoint {path}', _saved({**content, 'message_hub': hub}), True
    attack = "import os\nos.system('touch mark')\n"
    for key in ('cfg', 'config'):
        yield f'code in {key}', _saved(_with(content, ('meta', key), attack)), True
    for kind, text in {
            'type of a process': "model = dict(type='subprocess.Popen', args='touch mark', "
            'shell=True)',
            'imports': "custom_imports = dict(imports=['antigravity'])\nmodel = dict(type='x')",
            'no Python': 'model = (',
            'base': "_base_ = '../neighbour/mine.txt'",
            'deep': 'model = ' + '[' * 5000 + ']' * 5000,
    }.items():
        yield f'stored config: {kind}', _saved(_with(content, ('meta', 'cfg'), text)), True


def _others():
    return {
        'none': None,
        'text': 'abc',
        'list': [1],
        'negative': -7,
        'huge': 10**30,
        'digits': HUGE,
        'nan': float('nan'),
        'dict': dict(a=1),
        'empty': {},
        'tensor': torch.zeros(2),
        'nested': _nest(lambda inner: [inner], 200),
        'number of numpy': np.float64(1),
    }


def may_resume(name):
    """Return why a training may go on from a checkpoint, '' where it may not."""
    if name.startswith(('best checkpoint', 'stored config', 'code in', 'meta.cfg',
                        'meta.dataset_meta', 'meta.experiment_name')):
        return 'not read: the config that the user names counts'
    if name.startswith(
        ('message_hub.runtime_info.best_ckpt', 'message_hub.runtime_info.keep_ckpt_ids')):
        return 'what names no file of the work folder is left out'
    if name.endswith((': none', 'missing')):
        return 'not stored'
    if name in ('message_hub.runtime_info.best_score: negative',
                'message_hub.runtime_info.best_score: huge',
                'message_hub.runtime_info.best_score: number of numpy'):
        return 'a score like any other, as of a loss'
    if name.endswith(('empty', 'dict')):
        return 'without what it lacks'
    return ''
