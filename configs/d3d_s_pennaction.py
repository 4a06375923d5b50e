_base_ = [
    '_base_/models/d3d_s.py', '_base_/datasets/pennaction.py', '_base_/schedules/adamw_90e.py',
    '_base_/default_runtime.py'
]

crop_size = 112
short_side = 128

model = dict(
    backbone=dict(
        num_joints=_base_.num_joints,
        num_person=_base_.num_person,
        clip_len=_base_.clip_len,
        img_size=crop_size),
    cls_head=dict(num_classes=_base_.num_classes))

train_pipeline = [
    *_base_.train_pipeline[:2],
    dict(type='Resize', scale=(-1, short_side)),
    dict(type='RandomCrop', size=crop_size), *_base_.train_pipeline[4:]
]
test_pipeline = [
    *_base_.test_pipeline[:2],
    dict(type='Resize', scale=(-1, short_side)),
    dict(type='CenterCrop', crop_size=crop_size), *_base_.test_pipeline[4:]
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
