_base_ = ['./rgb_pose.py', './ntu60_data.py']

train_pipeline = [*_base_.person_frames, dict(type='JointFlip', layout=_base_.layout), *_base_.pack]

train_dataloader = dict(dataset=dict(**_base_.data, pipeline=train_pipeline))
val_dataloader = dict(dataset=_base_.data)
test_dataloader = dict(dataset=_base_.data)
