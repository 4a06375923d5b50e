"""8 frames in place of 12."""
_base_ = '../family/d3d_xs.py'

clip_len = 8
train_pipeline = [dict(_base_.train_pipeline[0], clip_len=clip_len), *_base_.train_pipeline[1:]]
test_pipeline = [dict(_base_.test_pipeline[0], clip_len=clip_len), *_base_.test_pipeline[1:]]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))

model = dict(backbone=dict(clip_len=clip_len), cls_head=dict(clip_len=clip_len))
