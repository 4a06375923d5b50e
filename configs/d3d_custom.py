# To copy for your own videos: num_classes is the one number that must be set.
_base_ = [
    '_base_/models/d3d.py', '_base_/datasets/custom.py', '_base_/schedules/adamw_90e.py',
    '_base_/default_runtime.py'
]

num_classes = 2

model = dict(
    backbone=dict(
        num_joints=_base_.num_joints,
        num_person=_base_.num_person,
        clip_len=_base_.clip_len,
        img_size=_base_.crop_size),
    cls_head=dict(num_classes=num_classes))
dataset = dict(dataset=dict(num_classes=num_classes))
train_dataloader = dataset
val_dataloader = dataset
test_dataloader = dataset
