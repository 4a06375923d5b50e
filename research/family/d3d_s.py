"""``configs/_base_/models/d3d_s.py`` on the quickstart's clips."""
_base_ = [
    '../../configs/_base_/models/d3d_s.py', '../../configs/_base_/datasets/synthetic.py',
    '../../configs/_base_/schedules/adamw_4e.py', '../../configs/_base_/default_runtime.py'
]

num_person = 1
model = dict(
    backbone=dict(
        num_joints=_base_.num_joints,
        num_person=num_person,
        clip_len=_base_.clip_len,
        img_size=_base_.crop_size,
        # 64 pixels are 8 x 8 tokens: the searched grid is 4 x 6 x 6
        block=dict(deformable=dict(kernel_size=3))),
    cls_head=dict(num_classes=_base_.num_classes, clip_len=_base_.clip_len,
                  num_joint_tokens=num_person * _base_.num_joints, dropout=0.))
train_dataloader = dict(dataset=dict(num_person=num_person))
val_dataloader = dict(dataset=dict(num_person=num_person))
test_dataloader = dict(dataset=dict(num_person=num_person))
