_base_ = [
    '_base_/models/d3d_xs.py', '_base_/datasets/ntu60.py', '_base_/schedules/adamw_90e.py',
    '_base_/default_runtime.py'
]

crop_size = 80
resize = dict(type='Resize', scale=(-1, 92))

model = dict(
    backbone=dict(
        num_joints=_base_.num_joints,
        num_person=_base_.num_person,
        clip_len=_base_.clip_len,
        img_size=crop_size),
    cls_head=dict(num_classes=_base_.num_classes))

(sampling, decoding, _, _, *train_end) = _base_.train_pipeline
train_pipeline = [sampling, decoding, resize, dict(type='PersonCrop', size=crop_size), *train_end]
(sampling, decoding, _, _, *test_end) = _base_.test_pipeline
test_pipeline = [
    sampling, decoding, resize,
    dict(type='CenterCrop', crop_size=crop_size), *test_end
]

train_dataloader = dict(dataset=dict(split='xsub_train', pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(split='xsub_val', pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(split='xsub_val', pipeline=test_pipeline))
