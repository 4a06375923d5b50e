"""The file of a test that can be read safely."""
import numpy as np
import pytest
import torch
from mmengine.runner import Runner
from running import forget_runs

CLASSES = ['go', 'come']


@pytest.fixture(scope='module')
def tested(rgb_pose_data, tmp_path_factory):
    """A test of three clips of two views in batches of two: file, model, batches."""
    from mmaction.registry import MODELS
    from mmengine.registry import init_default_scope
    init_default_scope('mmaction')
    forget_runs()
    data = rgb_pose_data(num_videos=3, num_frames=8)
    data.content['classes'] = CLASSES
    data.save()
    pipeline = [
        dict(type='AlignedSampleFrames', clip_len=2, num_clips=2, test_mode=True),
        dict(type='AlignedDecode'),
        dict(type='FormatShape', input_format='NCTHW'),
        dict(type='PackRGBPose')
    ]
    torch.manual_seed(0)
    model = MODELS.build(
        dict(
            type='D3DRecognizer',
            backbone=dict(type='D3DTransformer', backbone=dict(type='R2Plus1D', base_channels=2),
                          num_joints=17, num_person=1, clip_len=2, img_size=64, num_blocks=1,
                          num_heads=1, kernel_size=1),
            cls_head=dict(type='D3DHead', num_classes=2, in_channels=8,
                          average_clips='prob'), data_preprocessor=dict(
                              type='D3DDataPreprocessor', preprocessors=dict(
                                  imgs=dict(type='ActionDataPreprocessor', format_shape='NCTHW')))))
    folder = tmp_path_factory.mktemp('tested')
    file = folder / 'deep' / 'clips.npz'
    runner = Runner(
        model=model, work_dir=str(folder),
        test_dataloader=dict(batch_size=2, dataset=data.dataset_cfg(pipeline, num_person=1,
                                                                    test_mode=True),
                             sampler=dict(type='DefaultSampler', shuffle=False)),
        test_cfg=dict(type='TestLoop'), test_evaluator=dict(type='AccMetric'),
        custom_hooks=[dict(type='DumpClipsHook', out_file=str(file))],
        default_hooks=dict(checkpoint=None), default_scope='mmaction', experiment_name=str(folder))
    runner.test()
    with np.load(file, allow_pickle=False) as content:
        return dict(content), model, data, list(runner.test_dataloader)


def test_names_labels_frames_and_classes_are_the_clips(tested):
    content, _, data, _ = tested
    assert content['name'].tolist() == ['clip0', 'clip1', 'clip2']
    assert content['label'].tolist() == [0, 1, 0]
    assert content['classes'].tolist() == CLASSES
    assert content['source'].tolist() == [str(data.video_dir / f'clip{i}.mp4') for i in range(3)]
    assert content['frame_inds'].shape == (3, 2)  # of the first of two views


def test_scores_are_the_models(tested):
    content, model, _, batches = tested
    with torch.no_grad():
        samples = [sample for batch in batches for sample in model.test_step(batch)]
    np.testing.assert_allclose(content['score'], [s.pred_score.numpy() for s in samples], atol=1e-6)


def test_features_are_what_the_last_layer_reads_averaged_over_views(tested):
    content, model, _, batches = tested
    with torch.no_grad():
        inputs = model.data_preprocessor(batches[1], False)['inputs']  # the third clip
        tokens = model.backbone(inputs['imgs'][0], inputs['keypoint'][0])  # of both views
        features = model.cls_head.norm(tokens).flatten(2).mean(dim=1)
    np.testing.assert_allclose(content['feature'][2], features.mean(dim=0).numpy(), atol=1e-5)
    assert not torch.allclose(features[0], features[1])
