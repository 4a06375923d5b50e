# A small model that 41 clips and 2 CPU cores are enough for.
_base_ = [
    '_base_/models/d3d_xs.py', '_base_/datasets/ut_interaction.py',
    '_base_/schedules/adamw_few_clips.py', '_base_/default_runtime.py'
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

val_cfg = None  # as the data set has no validation split

default_hooks = dict(checkpoint=dict(save_best=None, interval=10), logger=dict(interval=5))
