_base_ = './rgb_pose.py'

data_root = '{{$MMACTION_D3D_DATA:data/finegym}}'
num_classes = 99
num_person = 1  # the athlete
layout = 'coco17'  # estimated by HRNet, as in the paper
num_joints = 17

data = dict(
    ann_file=f'{data_root}/annotations.pkl',
    data_prefix=dict(video=f'{data_root}/videos'),
    num_classes=num_classes,
    num_person=num_person,
    layout=layout)
train_pipeline = [*_base_.train_frames, dict(type='JointFlip', layout=layout), *_base_.pack]

train_dataloader = dict(dataset=dict(**data, split='train', pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(**data, split='val'))
test_dataloader = dict(dataset=dict(**data, split='val'))
