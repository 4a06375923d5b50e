"""The runtime: its steps are those of our pipeline, and it imports nothing else."""
import ast
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from running import page_blocks

from mmaction_d3d.inference import clips
from mmaction_d3d.inference.records import Skeleton, Subject
from mmaction_d3d.media import as_media, probe

FOLDER = Path(__file__).parents[2] / 'runtime' / 'd3d_runtime'
ENDS = [dict(type='FormatShape', input_format='NCTHW'), dict(type='PackRGBPose')]
START = dict(type='AlignedSampleFrames', clip_len=5, num_clips=2, test_mode=True)


def test_it_imports_what_its_page_says_and_nothing_else():
    names = set()
    for path in FOLDER.rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition('.')[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.partition('.')[0])
    assert names - sys.stdlib_module_names == {'av', 'cv2', 'numpy', 'onnxruntime'}


@pytest.mark.parametrize('steps', [
    [dict(type='Resize', scale=(-1, 40)),
     dict(type='CenterCrop', crop_size=32)],
    [dict(type='Resize', scale=(64, 48), keep_ratio=False)],
    [dict(type='SquarePad'), dict(type='Resize', scale=0.5)],
    [
        dict(type='Resize', scale=(50, 30), interpolation='area'),
        dict(type='CenterCrop', crop_size=(20, 24))
    ],
], ids=lambda steps: ' '.join(step['type'] for step in steps))
def test_steps_are_those_of_our_pipeline(rgb_pose_data, runtime, steps):
    from d3d_runtime.recognizer import prepare
    data = rgb_pose_data(num_videos=1, num_frames=17, size=(48, 64), num_person=2)
    annotation, video = data.annotations[0], str(data.video_dir / 'clip0.mp4')
    score = annotation['keypoint_score']
    score[0, :4], score[1, :, 3] = 0, 2.
    annotation['keypoint'][1, 5] = np.nan
    pipeline = [START, dict(type='AlignedDecode'), *steps, *ENDS]
    about = dict(pipeline=pipeline, num_person=3, layout=dict(name='coco17', joints=[''] * 17))
    media = as_media(video)
    shape = annotation['img_shape']
    subject = Subject(source=media, info=probe(media),
                      skeleton=Skeleton(annotation['keypoint'], score, shape, shape, 17, 'arrays'))
    want = clips.TestPipeline(Config(dict(p=pipeline)).p, 3, 17)(subject).packed['inputs']
    imgs, keypoint = prepare(about, video, annotation)
    assert np.array_equal(imgs, want['imgs'].numpy())
    assert np.abs(keypoint - want['keypoint'].numpy()).max() < 1e-5
    frames = []
    film = cv2.VideoCapture(video)
    while (read := film.read())[0]:
        frames.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
    from_memory, _ = prepare(about, frames, annotation)
    assert from_memory.shape == imgs.shape


def test_mistakes_are_errors_of_one_line(rgb_pose_data, runtime, tmp_path):
    from d3d_runtime.recognizer import prepare
    from d3d_runtime.steps import check_steps
    data = rgb_pose_data(num_videos=1, num_frames=9)
    annotation, video = data.annotations[0], str(data.video_dir / 'clip0.mp4')
    about = dict(pipeline=[START, dict(type='CenterCrop', crop_size=500)], num_person=1,
                 layout=dict(name='coco17', joints=[''] * 17))
    for says, source, skeletons in (('size before the crop', video, annotation),
                                    ('found 12 frames, want 9', [np.zeros((8, 8, 3), np.uint8)] * 9,
                                     dict(keypoint=np.zeros((1, 12, 17, 2)),
                                          keypoint_score=np.zeros((1, 12, 17)))),
                                    ('joints of coco17', video,
                                     dict(keypoint=np.zeros((1, 9, 3, 2)), keypoint_score=np.zeros(
                                         (1, 9, 3)))), ('found nothing', video, {}),
                                    ('video', str(tmp_path / 'no.mp4'), annotation)):
        with pytest.raises(runtime.InputError, match=says):
            prepare(about, source, skeletons)
    with pytest.raises(runtime.InputError, match='pipeline: found Flip, want'):
        check_steps([dict(type='Flip')], 'model.onnx')
    with pytest.raises(runtime.InputError, match='no such file'):
        runtime.Recognizer(tmp_path / 'no.onnx')


def test_the_page_shows_what_the_runtime_has(runtime):
    code, = (block for block in page_blocks('deploy.md', 'python') if 'd3d_runtime' in block)
    names = {
        node.func.id for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert 'Recognizer' in names and 'Recognizer' in runtime.__all__
