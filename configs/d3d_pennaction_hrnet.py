# Penn Action with the 17 joints that HRNet, or another estimator, found: docs/data_pennaction.md.
_base_ = './d3d_pennaction.py'

layout = 'coco17'
num_joints = 17

data = dict(ann_file=f'{_base_.data_root}/annotations_hrnet.pkl', layout=layout)
train_pipeline = [*_base_.train_frames, dict(type='JointFlip', layout=layout), *_base_.pack]

train_dataloader = dict(dataset=dict(**data, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(**data))
test_dataloader = dict(dataset=dict(**data))

model = dict(backbone=dict(num_joints=num_joints))
