_base_ = [
    '_base_/models/d3d_s.py', '_base_/datasets/finegym_data.py', '_base_/datasets/rgb_pose_112.py',
    '_base_/schedules/adamw_90e.py', '_base_/default_runtime.py'
]

model = dict(
    backbone=dict(
        num_joints=_base_.num_joints,
        num_person=_base_.num_person,
        clip_len=_base_.clip_len,
        img_size=_base_.crop_size),
    cls_head=dict(
        num_classes=_base_.num_classes,
        clip_len=_base_.clip_len,
        num_joint_tokens=_base_.num_person * _base_.num_joints))

train_pipeline = [*_base_.train_frames, dict(type='JointFlip', layout=_base_.layout), *_base_.pack]

train_dataloader = dict(dataset=dict(**_base_.data, split='train', pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(**_base_.data, split='val'))
test_dataloader = dict(dataset=dict(**_base_.data, split='val'))

# The mean over classes of their accuracies, as of d3d_finegym.
default_hooks = dict(checkpoint=dict(save_best='acc/mean1'))
