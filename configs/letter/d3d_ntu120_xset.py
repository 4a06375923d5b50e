_base_ = ['../d3d_ntu120_xset.py', '../_base_/models/letter.py']

model = dict(backbone=_base_.letter)
train_pipeline = [*_base_.train_frames, dict(type='JointFlip', layout=_base_.layout), *_base_.pack]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
