_base_ = './rgb_pose.py'

data_root = '{{$MMACTION_D3D_DATA:data/ntu120}}'
num_classes = 120
num_person = 2
layout = 'ntu25'
num_joints = 25

data = dict(
    ann_file=f'{data_root}/annotations.pkl',
    data_prefix=dict(video=f'{data_root}/videos'),
    filename_tmpl='{frame_dir}_rgb.avi',
    num_classes=num_classes,
    num_person=num_person,
    layout=layout)
train_pipeline = [*_base_.person_frames, dict(type='JointFlip', layout=layout), *_base_.pack]

train_dataloader = dict(dataset=dict(**data, pipeline=train_pipeline))
val_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=data)
