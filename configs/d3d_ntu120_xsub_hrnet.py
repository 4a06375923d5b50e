_base_ = './d3d_ntu120_xsub.py'

# PYSKL's published file, as it is: COCO's 17 joints, estimated by HRNet.
ann_file = f'{_base_.data_root}/ntu120_hrnet.pkl'
layout = 'coco17'
num_joints = 17

model = dict(backbone=dict(num_joints=num_joints))
data = dict(ann_file=ann_file, layout=layout)
train_pipeline = [*_base_.person_frames, dict(type='JointFlip', layout=layout), *_base_.pack]

train_dataloader = dict(dataset=dict(**data, pipeline=train_pipeline))
val_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=data)
