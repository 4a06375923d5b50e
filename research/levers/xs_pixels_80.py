"""Frames of 80 x 80 pixels in place of 64 x 64."""
_base_ = '../family/d3d_xs.py'

crop_size = 80
resizing = dict(_base_.train_pipeline[2], scale=(crop_size, crop_size))
train_pipeline = [*_base_.train_pipeline[:2], resizing, *_base_.train_pipeline[3:]]
test_pipeline = [*_base_.test_pipeline[:2], resizing, *_base_.test_pipeline[3:]]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))

model = dict(backbone=dict(img_size=crop_size))
