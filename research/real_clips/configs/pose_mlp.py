"""An MLP of 256 hidden units on 16 normalised pose frames."""
_base_ = ['base.py', '../../../configs/_base_/models/d3d.py']

clip_len = 16
hidden = 256
pack = [dict(type='PackRGBPose', collect_keys=('keypoint', ))]

model = dict(
    backbone=dict(_delete_=True, type='PoseMLP',
                  num_tokens=clip_len * _base_.num_person * _base_.num_joints, hidden=hidden),
    cls_head=dict(_delete_=True, type='PooledHead', num_classes=_base_.num_classes,
                  in_channels=hidden, dropout_ratio=0.5, average_clips='prob'))

train_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=clip_len, part=_base_.part), *_base_.train_frames[1:],
    *pack
]
test_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=clip_len, test_mode=True), *_base_.test_frames[1:],
    *pack
]
