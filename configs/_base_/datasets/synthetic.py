# The embedded data: 4 motions x 2 objects. The moving hand is always the right one, so that a flip
# would make clips of a kind that no test clip is of.
_base_ = './rgb_pose.py'

data_root = '{{$MMACTION_D3D_DATA:data/synthetic}}'
num_classes = 8
num_person = 2
layout = 'coco17'
num_joints = 17

clip_len = 12
crop_size = 64

data = dict(
    ann_file=f'{data_root}/annotations.pkl',
    data_prefix=dict(video=f'{data_root}/videos'),
    num_classes=num_classes,
    num_person=num_person,
    layout=layout)
train_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=clip_len),
    dict(type='AlignedDecode'),
    dict(type='Resize', scale=(crop_size, crop_size), keep_ratio=False), *_base_.pack
]
test_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=clip_len, test_mode=True),
    dict(type='AlignedDecode'),
    dict(type='Resize', scale=(crop_size, crop_size), keep_ratio=False), *_base_.pack
]

# Small batches: what counts on few clips is the number of updates.
train_dataloader = dict(
    batch_size=8, num_workers=1, dataset=dict(**data, split='train', pipeline=train_pipeline))
test_loader = dict(batch_size=32, num_workers=1)
val_dataloader = dict(**test_loader, dataset=dict(**data, split='val', pipeline=test_pipeline))
test_dataloader = dict(**test_loader, dataset=dict(**data, split='test', pipeline=test_pipeline))
