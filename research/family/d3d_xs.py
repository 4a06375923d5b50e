"""``configs/_base_/models/d3d_xs.py`` on the quickstart's clips."""
_base_ = [
    '../../configs/_base_/models/d3d_xs.py', '../../configs/_base_/datasets/synthetic.py',
    '../../configs/_base_/schedules/adamw_4e.py', '../../configs/_base_/default_runtime.py'
]

synthetic = dict(out_dir='data/synthetic', difficulty='pair')
num_person = 1

model = dict(
    backbone=dict(num_joints=_base_.num_joints, num_person=num_person, clip_len=_base_.clip_len,
                  img_size=_base_.crop_size),
    cls_head=dict(num_classes=_base_.num_classes, clip_len=_base_.clip_len,
                  num_joint_tokens=num_person * _base_.num_joints, dropout=0.))
train_dataloader = dict(dataset=dict(num_person=num_person))
val_dataloader = dict(dataset=dict(num_person=num_person))
test_dataloader = dict(dataset=dict(num_person=num_person))
