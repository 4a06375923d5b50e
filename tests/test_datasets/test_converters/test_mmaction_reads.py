"""Pickles that our writers make, read and trained on by MMAction2's own data set and networks."""
import csv
import pickle
import shutil

import numpy as np
import pytest
import torch
from mmaction.registry import DATASETS, MODELS
from mmengine.dataset import pseudo_collate
from running import run_tool

from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.datasets.splits import write_annotations
from mmaction_d3d.datasets.synthetic import generate
from mmaction_d3d.extraction import BACKENDS

from . import skeleton_writers as files

NAMES = ['push/anna', 'push/ben', 'wave/anna', 'wave/ben']


class Corners:
    """A backend that sees 17 joints along the diagonal."""
    layout, missing, top_down = 'coco17', (), False

    def __init__(self, config, checkpoint, device):
        pass

    def prepare(self, frame, boxes):
        return [frame.shape]

    def predict(self, crops):
        return [np.linspace((2, 2, 0.9), (60, 60, 0.9), 17)[None] for _ in crops]


@pytest.fixture
def videos(tmp_path, square_video):
    """Four videos in a folder a class."""
    for frames, name in enumerate(NAMES, 4):
        (tmp_path / 'videos' / name).parent.mkdir(parents=True, exist_ok=True)
        square_video.write(tmp_path / f'videos/{name}.mp4', square_video.draw(frames, (64, 80)))
    return tmp_path / 'videos'


def custom(videos, out):
    for frames, name in enumerate(NAMES, 4):
        files.write_openpose(out.parent / 'openpose', name, files.walk(frames, 25)[None])
    assert run_tool('tools/data/prepare_custom.py', videos, '--out', out, '--skeletons',
                    out.parent / 'openpose', '--format', 'openpose', '--workers', 1) == 0


def extracted_by_a_csv(videos, out):
    with open(out.parent / 'l.csv', 'w', newline='') as file:
        csv.writer(file).writerows([
            ('path', 'label', 'split'),
            *((f'{name}.mp4', name.split('/')[0], 'val' if 'ben' in name else 'train')
              for name in NAMES)
        ])
    assert run_tool('tools/extract_skeletons.py', videos, '--out', out, '--labels',
                    out.parent / 'l.csv', '--backend', 'corners') == 0


def extracted_by_a_pickle(videos, out):
    assert run_tool('tools/data/prepare_custom.py', videos, '--out', out.parent / 'clips.pkl',
                    '--workers', 1) == 0
    assert run_tool('tools/extract_skeletons.py', videos, '--out', out, '--labels',
                    out.parent / 'clips.pkl', '--backend', 'corners') == 0


def merged(videos, out):
    extracted_by_a_csv(videos, out)
    for shard in (1, 2):
        assert run_tool('tools/extract_skeletons.py', videos, '--out', out, '--labels',
                        out.parent / 'l.csv', '--backend', 'corners', '--shard', f'{shard}/2') == 0
    assert run_tool('tools/extract_skeletons.py', 'merge', out.parent / 'x.1of2.pkl',
                    out.parent / 'x.2of2.pkl', '--out', out) == 0


def fixed(videos, out):
    """An older file, with splits by ``frame_dir`` where there is a ``filename`` too."""
    extracted_by_a_csv(videos, out)
    content = safe_pickle.load(str(out))
    content['split'] = {
        split: [name.removesuffix('.mp4') for name in names]
        for split, names in content['split'].items()
    }
    (out.parent / 'old.pkl').write_bytes(pickle.dumps(content))
    out.unlink()
    assert run_tool('tools/data/check_dataset.py', out.parent / 'old.pkl', '--fix', out) == 0


def synthetic(videos, out):
    generate(str(out.parent / 'synthetic'), num_train=2, num_val=1, num_test=1, workers=1)
    shutil.copy(out.parent / 'synthetic/annotations.pkl', out)
    shutil.rmtree(videos)
    shutil.move(out.parent / 'synthetic/videos', videos)


POSE_C3D = [
    dict(type='UniformSampleFrames', clip_len=4),
    dict(type='PoseDecode'),
    dict(type='Resize', scale=(16, 16), keep_ratio=False),
    dict(type='GeneratePoseTarget', with_kp=True, with_limb=False),
    dict(type='FormatShape', input_format='NCTHW_Heatmap'),
    dict(type='PackActionInputs')
]
ST_GCN = [
    dict(type='PreNormalize2D'),
    dict(type='GenSkeFeat', dataset='coco', feats=['j']),
    dict(type='UniformSampleFrames', clip_len=4),
    dict(type='PoseDecode'),
    dict(type='FormatGCNInput', num_person=2),
    dict(type='PackActionInputs')
]
NETWORKS = [
    (POSE_C3D,
     dict(
         type='Recognizer3D',
         backbone=dict(type='ResNet3dSlowOnly', depth=50, in_channels=17, base_channels=8,
                       num_stages=3, out_indices=(2, ), stage_blocks=(1, 1, 1), conv1_stride_s=1,
                       pool1_stride_s=1, inflate=(0, 1, 1), spatial_strides=(2, 2, 2),
                       temporal_strides=(1, 1, 1), dilations=(1, 1, 1), pretrained=None),
         cls_head=dict(type='I3DHead', in_channels=128, num_classes=8, dropout_ratio=0))),
    (ST_GCN,
     dict(
         type='RecognizerGCN',
         backbone=dict(type='STGCN', base_channels=8, num_stages=2, inflate_stages=[2],
                       down_stages=[2], gcn_adaptive='init', gcn_with_res=True, tcn_type='mstcn',
                       graph_cfg=dict(layout='coco', mode='spatial')),
         cls_head=dict(type='GCNHead', num_classes=8, in_channels=16))),
]


def step(pipeline, network, ann_file):
    """Train a network of MMAction2 for a step; return how many clips there are."""
    dataset = DATASETS.build(
        dict(type='PoseDataset', ann_file=str(ann_file), pipeline=pipeline, split='train'))
    model = MODELS.build(network)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = [value.clone() for value in model.parameters()]
    data = pseudo_collate([dataset[index] for index in range(len(dataset))])
    data = model.data_preprocessor(data, training=True)
    losses = model(**data, mode='loss')
    losses['loss_cls'].backward()
    optimizer.step()
    assert torch.isfinite(losses['loss_cls'])
    assert any((old != new).any() for old, new in zip(before, model.parameters()))
    return len(dataset)


@pytest.mark.parametrize(
    'write', [custom, extracted_by_a_csv, extracted_by_a_pickle, merged, fixed, synthetic],
    ids=lambda write: write.__name__)
def test_mmaction2_trains_on_what_we_write(write, videos, tmp_path, monkeypatch):
    monkeypatch.setitem(BACKENDS, 'corners', Corners)
    out = tmp_path / 'x.pkl'
    write(videos, out)
    for pipeline, network in NETWORKS:
        assert step(pipeline, network, out) == 2
    ours = DATASETS.build(
        dict(type='RGBPoseDataset', ann_file=str(out), split='train', pipeline=[],
             data_prefix=dict(video=str(videos))))
    assert len(ours) == 2


def test_videos_and_frame_folders_together_are_named_by_frame_dir(tmp_path):
    clips = [dict(frame_dir='a', filename='a.mp4'), dict(frame_dir='b'), dict(filename='x/c.mp4')]
    content = dict(split=dict(train=['a.mp4', 'b'], val=['c'], odd=['nobody']), annotations=clips)
    write_annotations(tmp_path / 'x.pkl', content)
    written = safe_pickle.load(str(tmp_path / 'x.pkl'))
    assert written['annotations'] == [
        dict(frame_dir='a'), dict(frame_dir='b'),
        dict(frame_dir='x/c')
    ]
    assert written['split'] == dict(train=['a', 'b'], val=['x/c'], odd=['nobody'])
    assert clips[0] == dict(frame_dir='a', filename='a.mp4')  # stays as it was


def test_a_frame_dir_goes_before_another_clips_bare_file_name(tmp_path):
    clips = [dict(frame_dir='x/a', filename='x/a.mp4'), dict(frame_dir='a', filename='a.mp4')]
    write_annotations(tmp_path / 'x.pkl', dict(split=dict(train=['a']), annotations=clips))
    assert safe_pickle.load(str(tmp_path / 'x.pkl'))['split'] == dict(train=['a.mp4'])
