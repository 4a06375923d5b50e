"""MMAction2's PoseC3D at half its width, on 16 frames of 32 x 32."""
_base_ = 'base.py'

clip_len = 16
base_channels = 16
pack = [
    dict(type='GeneratePoseTarget', sigma=0.6, scaling=0.5),
    dict(type='HeatmapsAlone'),
    dict(type='FormatShape', input_format='NCTHW_Heatmap'),
    dict(type='PackActionInputs', meta_keys=('frame_dir', ))
]

model = dict(
    type='Recognizer3D',
    backbone=dict(type='ResNet3dSlowOnly', depth=50, pretrained=None, in_channels=_base_.num_joints,
                  base_channels=base_channels, num_stages=3, out_indices=(2, ),
                  stage_blocks=(4, 6, 3), conv1_stride_s=1, pool1_stride_s=1, inflate=(0, 1, 1),
                  spatial_strides=(2, 2, 2), temporal_strides=(1, 1, 2), dilations=(1, 1, 1)),
    cls_head=dict(type='I3DHead', num_classes=_base_.num_classes, in_channels=16 * base_channels,
                  dropout_ratio=0.5, average_clips='prob'))

train_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=clip_len, part=_base_.part), *_base_.train_frames[1:],
    *pack
]
test_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=clip_len, test_mode=True), *_base_.test_frames[1:],
    *pack
]
