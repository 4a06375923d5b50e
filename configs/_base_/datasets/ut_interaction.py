# UT-Interaction set 1 (Ryoo and Aggarwal, 2010): short clips of two people, each already cropped
# to the people, so that a clip's size tells much of its class. Squares of one size hide it.
_base_ = './rgb_pose.py'

data_root = '{{$MMACTION_D3D_DATA:data/ut_interaction}}'
num_classes = 6
num_person = 2
layout = 'coco17'
num_joints = 17

clip_len = 12
crop_size = 80

data = dict(
    ann_file=f'{data_root}/set1_movenet.pkl',
    data_prefix=dict(video=f'{data_root}/videos'),
    metainfo=dict(classes=['handshake', 'hug', 'kick', 'point', 'punch', 'push']),
    num_classes=num_classes,
    num_person=num_person,
    layout=layout)
train_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=clip_len),
    dict(type='AlignedDecode'),
    dict(type='SquarePad'),
    dict(type='RandomResizedCrop', area_range=(0.7, 1.0), aspect_ratio_range=(1.0, 1.0)),
    dict(type='Resize', scale=(crop_size, crop_size), keep_ratio=False),
    dict(type='JointFlip', layout=layout), *_base_.pack
]
test_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=clip_len, test_mode=True),
    dict(type='AlignedDecode'),
    dict(type='SquarePad'),
    dict(type='Resize', scale=(crop_size, crop_size), keep_ratio=False), *_base_.pack
]

train_dataloader = dict(
    batch_size=8, num_workers=2, dataset=dict(**data, split='train', pipeline=train_pipeline))
# The data set has no validation split: training runs to its end, unwatched, and the last
# checkpoint is tested once.
val_dataloader = None
val_evaluator = None
test_dataloader = dict(
    batch_size=8, num_workers=2, dataset=dict(**data, split='test', pipeline=test_pipeline))
