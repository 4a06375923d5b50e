"""What a checkpoint's own config may ask for, and what it may not."""
import copy

import pytest
import torch
from mmengine.config import Config

import mmaction_d3d
from mmaction_d3d.errors import InputError

from .support import CLASSES


@pytest.fixture(scope='module')
def content(tiny):
    """Config of the small model, as a dict."""
    return Config.fromfile(tiny.config).to_dict()


@pytest.fixture
def load_with(tiny, content, tmp_path, monkeypatch):
    """Load the small model's checkpoint, whose config was changed; give the model."""
    monkeypatch.chdir(tmp_path)
    checkpoint = torch.load(tiny.checkpoint)

    def load(change=None):
        changed = copy.deepcopy(content)
        if change is not None:
            change(changed)
        checkpoint['meta']['cfg'] = Config(changed, format_python_code=False).pretty_text
        torch.save(checkpoint, 'strange.pth')
        return mmaction_d3d.load('strange.pth', device='cpu', skeletons=tiny.data.ann_file)

    return load


def put(value, *keys):
    """Make a change: set what lies under these keys."""

    def change(content):
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return change


RUN = dict(type='subprocess.Popen', args=['touch', 'mark'])
DATASET = 'test_dataloader', 'dataset'
STEP = *DATASET, 'pipeline', 1


def test_an_allowed_config_loads_and_answers(load_with, tiny):
    assert load_with()(tiny.video()).label in CLASSES


@pytest.mark.parametrize('change, says', [
    (put(RUN, *STEP), r'pipeline\[1\].type: found subprocess.Popen, want a registered name of'),
    (put('subprocess.Popen', 'model', 'backbone', 'type'), r'model.backbone.type: found subproc'),
    (put(dict(deep=[RUN]), 'model', 'test_cfg'), r'model.test_cfg.deep\[0\].type: found subproc'),
    (put('mmaction_d3d.models.D3DRecognizer', 'model', 'type'), 'model.type: found mmaction_d3d.m'),
    (put('torchvision.resnet18', 'model', 'backbone', 'type'), 'backbone.type: found torchvision'),
    (put('mmdet.ResNet', 'model', 'backbone', 'type'), 'backbone.type: found mmdet.ResNet'),
    (put(['D3DRecognizer'], 'model', 'type'), 'model.type: found'),
    (put('ReLU', 'model', 'type'), 'model.type: found ReLU, want a recognizer'),
    (put('Nothing', *STEP, 'type'), r'pipeline\[1\].type: found Nothing'),
    (put(dict(type='TorchVisionWrapper', op='Lambda'), *STEP), 'found TorchVisionWrapper'),
    (put(dict(type='ImgAug', transforms='x'), *STEP), 'found ImgAug'),
    (put(dict(type='LoadImageFromFile'), *STEP), 'found LoadImageFromFile'),
    (put(dict(type='D3DRecognizer'), *STEP), 'found D3DRecognizer'),
    (put(dict(imports=['os', 'mmaction_d3d']), 'custom_imports'), 'custom_imports: found'),
    (put('antigravity', 'custom_imports'), 'custom_imports: found .*antigravity'),
    (put(dict(imports=3), 'custom_imports'), 'custom_imports: found 3'),
    (put('os', 'default_scope'), 'default_scope: found os'),
    (put('os', 'model', 'backbone', '_scope_'), 'model.backbone._scope_: found such a key'),
    (put('/etc/passwd', 'model', 'backbone', 'x'), 'model.backbone.x: found /etc/passwd, want no'),
    (put('..\\x', 'model', 'x'), 'model.x: found'),
    (put('https://x.org/a.pth', *STEP, 'backend'), r'pipeline\[1\].backend: found https'),
    (put('{{$HOME:x}}', 'model', 'x'), 'model.x: found'),
    (put('$HOME', 'model', 'x'), 'model.x: found'),
    (put('../{frame_dir}.avi', *DATASET, 'filename_tmpl'), 'filename_tmpl: found'),
    (put('{total_frames:999999999}', *DATASET, 'filename_tmpl'), 'filename_tmpl: found'),
    (put('{frame_dir.__class__}', *DATASET, 'filename_tmpl'), 'filename_tmpl: found'),
    (put(10**9, 'model', 'backbone', 'num_blocks'), 'num_blocks: found 1000000000'),
    (put(10**6, 'model', 'backbone', 'num_blocks'), 'model: found more than .* parts'),
    (put(10**5, 'model', 'backbone', 'backbone', 'base_channels'), 'state_dict: found'),
    (put(10**5, 'model', 'cls_head', 'num_classes'), 'num_classes: found 100000, want 2'),
    (put(10**6, *DATASET, 'pipeline', 0, 'clip_len'), 'pipeline: found .* frames of 40 x 40'),
    (put((10**5, 10**5), *DATASET, 'pipeline', 2, 'scale'), 'pipeline: found .* of 100000 x'),
    (put(10**9, *DATASET, 'num_person'), 'num_person: found'),
    (put('x', *DATASET, 'layout'), 'layout'),
    (put('PoseDataset', *DATASET, 'type'), 'dataset.layout: found nothing'),
    (put([3], *DATASET, 'pipeline'), r'pipeline\[0\]: found 3, want a transform'),
    (put('x', 'test_dataloader'), 'dataset.pipeline: found nothing'),
    (put(dict(dataset=dict(datasets='ab')), 'test_dataloader'), 'pipeline: found nothing'),
    (put(None, 'model'), 'model: found None, want the config'),
    (put(7, 'model', 'cls_head'), 'meta.cfg: model.cls_head: found 7'),
    (put(dict(RGB=10**6), *DATASET, 'pipeline', 0, 'clip_len'), 'pipeline: found .* frames of'),
    (put(1e4, *DATASET, 'pipeline', 2, 'scale'), 'pipeline: found .* frames of'),
    (put('x', 'model', 'backbone', 'num_heads'), 'meta.cfg: config: found TypeError'),
    (put(3, 'model', 'backbone', 'no_such'), 'found .*no_such'),
])
def test_what_is_not_allowed_is_refused_by_its_key(load_with, tmp_path, change, says):
    with pytest.raises(InputError, match=says) as caught:
        load_with(change)
    assert '\n' not in str(caught.value) and len(str(caught.value)) < 500
    assert not (tmp_path / 'mark').exists()


def test_a_step_that_its_arguments_break_is_the_checkpoint_s_mistake(load_with, tiny):
    broken = put(dict(type='Resize', scale=(32, 32), interpolation='x'), *DATASET, 'pipeline', 2)
    with pytest.raises(InputError, match='strange.pth: meta.cfg: Resize: found KeyError'):
        load_with(broken)(tiny.video())
    for arguments in (dict(), dict(window=0.2)):
        with pytest.raises(InputError, match='strange.pth: test pipeline: found no inputs'):
            load_with(put(dict(type='FormatGCNInput'), *DATASET, 'pipeline', 5))(tiny.video(),
                                                                                 **arguments)
    wrong = 'strange.pth: meta.cfg: D3DHead: average_clips: found x, want prob or score'
    with pytest.raises(InputError, match=wrong):
        load_with(put('x', 'model', 'cls_head', 'average_clips'))


@pytest.mark.parametrize('start', [
    dict(init_cfg=dict(type='Pretrained', checkpoint='http://127.0.0.1:9/x.pth')),
    dict(pretrained='http://127.0.0.1:9/x.pth')
])
def test_where_training_started_from_is_not_read(load_with, tiny, start, monkeypatch):
    plain = load_with()(tiny.video())

    def change(content):
        content['model']['backbone']['backbone'].update(start)

    monkeypatch.setattr('socket.socket', lambda *args, **kwargs: pytest.fail('a connection'))
    assert (load_with(change)(tiny.video()).scores == plain.scores).all()
