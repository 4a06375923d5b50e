# Your own videos, as tools/data/prepare_custom.py writes them down: docs/data_custom.md.
_base_ = './rgb_pose.py'

data_root = '{{$MMACTION_D3D_DATA:data/custom}}'
num_person = 2
layout = 'coco17'
num_joints = 17

data = dict(
    ann_file=f'{data_root}/annotations.pkl',
    data_prefix=dict(video=f'{data_root}/videos'),
    num_person=num_person,
    layout=layout)
train_pipeline = [*_base_.train_frames, dict(type='JointFlip', layout=layout), *_base_.pack]

train_dataloader = dict(dataset=dict(**data, split='train', pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(**data, split='val'))
# The clips of test, where there are folders or a split of that name; else those of val.
test_dataloader = dict(dataset=dict(**data, split=['test', 'val']))
