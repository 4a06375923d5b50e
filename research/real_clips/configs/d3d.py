"""D3D of ``configs/_base_/models/d3d_xs.py``."""
_base_ = ['base.py', '../../../configs/_base_/models/d3d_xs.py']

model = dict(
    backbone=dict(num_joints=_base_.num_joints, num_person=_base_.num_person,
                  clip_len=_base_.clip_len, img_size=_base_.crop_size),
    cls_head=dict(num_classes=_base_.num_classes, clip_len=_base_.clip_len,
                  num_joint_tokens=_base_.num_person * _base_.num_joints))

train_pipeline = [*_base_.train_frames, *_base_.modality_drop, *_base_.pack]
