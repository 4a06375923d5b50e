_base_ = ['./rgb_pose.py', './finegym_data.py']

train_pipeline = [*_base_.train_frames, dict(type='JointFlip', layout=_base_.layout), *_base_.pack]

train_dataloader = dict(dataset=dict(**_base_.data, split='train', pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(**_base_.data, split='val'))
test_dataloader = dict(dataset=dict(**_base_.data, split='val'))
