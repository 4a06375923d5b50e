"""``configs/_base_/models/d3d_s.py`` on the quickstart's clips."""
_base_ = ['base.py', '../../configs/_base_/models/d3d_s.py']

model = dict(
    backbone=dict(
        num_joints=_base_.num_joints,
        num_person=_base_.num_person,
        clip_len=_base_.clip_len,
        img_size=_base_.crop_size,
        # 64 pixels are 8 x 8 tokens: the searched grid is 4 x 6 x 6
        block=dict(deformable=dict(kernel_size=3))),
    cls_head=dict(num_classes=_base_.num_classes, clip_len=_base_.clip_len,
                  num_joint_tokens=_base_.num_person * _base_.num_joints, dropout=0.))
