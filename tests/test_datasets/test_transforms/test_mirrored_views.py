"""Mirror images as further clips of a test."""
import numpy as np

from mmaction_d3d.datasets.transforms import JointFlip, MirroredViews, PackRGBPose


def clips():
    random = np.random.default_rng(0)
    return dict(imgs=list(random.integers(0, 255, (6, 8, 10, 3), np.uint8)),
                keypoint=random.uniform(0, 8, (1, 6, 17, 2)).astype(np.float32),
                keypoint_score=random.uniform(0, 1, (1, 6, 17)).astype(np.float32),
                frame_inds=np.arange(6), num_clips=2, clip_len=3, num_person=1, img_shape=(8, 10),
                modality='RGB')


def test_each_clip_comes_again_mirrored():
    plain, views = clips(), MirroredViews('coco17')(clips())
    mirror = JointFlip('coco17', flip_ratio=1)(clips())
    np.testing.assert_array_equal(views['imgs'], [*plain['imgs'], *mirror['imgs']])
    for key in ('keypoint', 'keypoint_score'):
        np.testing.assert_array_equal(views[key], np.concatenate([plain[key], mirror[key]], 1))
        assert not np.array_equal(plain[key], mirror[key])
    assert views['num_clips'] == 4 and views['mirrored'].tolist() == [False] * 2 + [True] * 2
    assert views['frame_inds'].tolist() == [*range(6)] * 2
    views['imgs'] = np.stack(views['imgs']).reshape(4, 3, 8, 10, 3).transpose(0, 4, 1, 2, 3)
    packed = PackRGBPose()(views)
    assert packed['inputs']['keypoint'].shape == (4, 3, 17, 3)
    assert packed['data_samples'].mirrored.tolist() == [False] * 2 + [True] * 2
