"""Frames and joints as MMPose trains on them."""
import json
import runpy
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmaction_d3d.errors import InputError

TOOL = Path(__file__).parents[2] / 'tools' / 'data' / 'export_coco.py'


@pytest.fixture
def export(rgb_pose_data, monkeypatch, tmp_path):
    """Exports the split train of two clips of 8 frames; the content of its JSON and the folder."""
    data = rgb_pose_data(num_videos=4, num_frames=8, num_person=1, layout='coco17')

    def run(*flags):
        data.save()
        monkeypatch.setattr(sys, 'argv', [
            'export_coco.py',
            str(data.ann_file), '--videos',
            str(data.video_dir), '--out',
            str(tmp_path / 'coco'), '--split', 'train', '--workers', '1', *flags
        ])
        runpy.run_path(str(TOOL))['main']()
        return json.loads((tmp_path / 'coco' / 'train.json').read_text()), tmp_path / 'coco'

    run.data = data
    return run


def test_every_nth_frame_with_its_joints(export):
    export.data.annotations[0]['keypoint_score'][0, 3, 5] = 0
    content, folder = export('--every', '3')
    assert [image['file_name'] for image in content['images']
            ] == [f'clip{clip}_{index:06}.jpg' for clip in (0, 1) for index in (0, 3, 6)]
    second = content['annotations'][1]
    joints = np.array(second['keypoints']).reshape(17, 3)
    wanted = export.data.annotations[0]['keypoint'][0, 3]
    np.testing.assert_allclose(np.delete(joints[:, :2], 5, 0), np.delete(wanted, 5, 0), atol=0.01)
    assert joints[5].tolist() == [0, 0, 0] and second['num_keypoints'] == 16
    image = cv2.imread(str(folder / 'images' / 'clip0_000003.jpg'))
    x, y = wanted[0].astype(int)
    assert image[y, x].min() > 200 and image.shape[:2] == tuple(export.data.size)


def test_mmpose_reads_it(export):
    from mmaction_d3d.extraction.upstream import scope
    content, folder = export('--whole-frame')
    with scope('mmpose'):
        from mmpose.datasets import CocoDataset
        dataset = CocoDataset(ann_file='train.json', data_root=str(folder), data_mode='topdown',
                              data_prefix=dict(img='images/'))
        info = dataset.get_data_info(0)
    np.testing.assert_allclose(info['keypoints'][0], export.data.annotations[0]['keypoint'][0, 0],
                               atol=0.01)
    height, width = export.data.size  # MMPose's boxes end at the last pixel
    np.testing.assert_array_equal(info['bbox'][0], [0, 0, width - 1, height - 1])


def test_with_whole_frames_those_of_more_people_are_left_out_and_told(export, capsys):
    two = export.data.annotations[0]
    two['keypoint'], two['keypoint_score'] = (np.concatenate([two[key]] * 2)
                                              for key in ('keypoint', 'keypoint_score'))
    content, _ = export('--whole-frame', '--every', '4')
    assert len(content['images']) == 2
    assert '2 frames with more than one person: left out' in capsys.readouterr().out


def test_a_video_that_is_too_short_is_named(export):
    info = export.data.annotations[1]
    info['total_frames'] = 12
    for key in ('keypoint', 'keypoint_score'):
        info[key] = np.concatenate([info[key], info[key][:, :4]], axis=1)
    with pytest.raises(InputError, match='clip1.mp4: frames: found 8, want more than'):
        export('--every', '1')
