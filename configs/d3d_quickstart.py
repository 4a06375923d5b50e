# The smallest model on the embedded data of tools/data/make_synthetic.py: 8 classes, minutes on 2
# CPU cores. Checkpoint and settings are chosen on val only.
_base_ = [
    '_base_/models/d3d_xs.py', '_base_/datasets/synthetic.py', '_base_/schedules/adamw_4e.py',
    '_base_/default_runtime.py'
]

num_person = 1  # a clip's skeleton is that of the one who is meant

model = dict(
    backbone=dict(
        num_joints=_base_.num_joints,
        num_person=num_person,
        clip_len=_base_.clip_len,
        img_size=_base_.crop_size),
    cls_head=dict(
        num_classes=_base_.num_classes,
        clip_len=_base_.clip_len,
        num_joint_tokens=num_person * _base_.num_joints,
        dropout=0.))
train_dataloader = dict(dataset=dict(num_person=num_person))
val_dataloader = dict(dataset=dict(num_person=num_person))
test_dataloader = dict(dataset=dict(num_person=num_person))
