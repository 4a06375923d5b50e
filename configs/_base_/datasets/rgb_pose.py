# What the data sets share. Each adds annotations, videos and the joints to exchange in a flip.
clip_len = 12  # the paper's frames, section 4
crop_size = 224  # the paper's
short_side = 256  # not in the paper
modality = 'both'  # 'rgb' or 'pose': frames alone, skeletons alone

train_frames = [
    dict(type='AlignedSampleFrames', clip_len=clip_len),
    dict(type='AlignedDecode'),
    dict(type='Resize', scale=(-1, short_side)),
    dict(type='RandomCrop', size=crop_size)
]
# The same with people kept in the picture: not in the paper, for wide pictures of small people.
person_frames = [*train_frames[:-1], dict(type='PersonCrop', size=crop_size)]
pack = [dict(type='FormatShape', input_format='NCTHW'), dict(type='PackRGBPose')]
test_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=clip_len, test_mode=True),
    dict(type='AlignedDecode'),
    dict(type='Resize', scale=(-1, short_side)),
    dict(type='CenterCrop', crop_size=crop_size), *pack
]

# 16 clips on each of the paper's 4 GPUs make the 64 that the learning rate is for.
train_dataloader = dict(
    batch_size=16,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(type='RGBPoseDataset', modality=modality))
val_dataloader = dict(
    batch_size=16,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='RGBPoseDataset', modality=modality, pipeline=test_pipeline, test_mode=True))
test_dataloader = val_dataloader

val_evaluator = dict(type='AccMetric')
test_evaluator = val_evaluator
