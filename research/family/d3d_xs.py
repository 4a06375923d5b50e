"""``configs/_base_/models/d3d_xs.py`` on the quickstart's clips."""
_base_ = ['base.py', '../../configs/_base_/models/d3d_xs.py']

synthetic = dict(out_dir='data/synthetic', difficulty='pair')

model = dict(
    backbone=dict(num_joints=_base_.num_joints, num_person=_base_.num_person,
                  clip_len=_base_.clip_len, img_size=_base_.crop_size),
    cls_head=dict(num_classes=_base_.num_classes, clip_len=_base_.clip_len,
                  num_joint_tokens=_base_.num_person * _base_.num_joints, dropout=0.))
