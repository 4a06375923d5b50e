# Smaller frames than the paper's, for the smaller models.
_base_ = './rgb_pose.py'

crop_size = 112
short_side = 128

train_frames = [
    *_base_.train_frames[:2],
    dict(type='Resize', scale=(-1, short_side)),
    dict(type='RandomCrop', size=crop_size)
]
person_frames = [*train_frames[:-1], dict(type='PersonCrop', size=crop_size)]
test_pipeline = [
    *_base_.test_pipeline[:2],
    dict(type='Resize', scale=(-1, short_side)),
    dict(type='CenterCrop', crop_size=crop_size), *_base_.pack
]

val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
