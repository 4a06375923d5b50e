# As d3d_mmaction_pipeline.py, with our data set and pipeline: one set of frames for RGB and pose.
_base_ = './d3d_mmaction_pipeline.py'

clip_len = _base_.model.backbone.clip_len
num_person = 2

model = dict(backbone=dict(num_person=num_person))

train_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=clip_len),
    dict(type='AlignedDecode'),
    dict(type='Resize', scale=(-1, 256)),
    dict(type='RandomCrop', size=224),
    dict(type='JointFlip', layout='coco17'),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackRGBPose')
]
test_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=clip_len, test_mode=True),
    dict(type='AlignedDecode'),
    dict(type='Resize', scale=(-1, 256)),
    dict(type='CenterCrop', crop_size=224),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackRGBPose')
]
dataset = dict(type='RGBPoseDataset', num_person=num_person)
train_dataloader = dict(dataset=dict(**dataset, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(**dataset, pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(**dataset, pipeline=test_pipeline))
