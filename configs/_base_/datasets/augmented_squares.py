# Few clips, such as your own: small squares, and in training strong augmentation that moves frames
# and joints alike. Transforms that are not ours are MMAction2's.
_base_ = './rgb_pose.py'

layout = 'coco17'
clip_len = 12
crop_size = 80

part = (0.7, 1.0)  # of a clip's time
augmentation = [
    dict(type='RandomAffine', degrees=10, scale=(0.7, 1.0)),
    dict(type='Resize', scale=(crop_size, crop_size), keep_ratio=False),
    dict(type='JointFlip', layout=layout),
    dict(type='TorchVisionWrapper', op='ColorJitter', brightness=0.4, contrast=0.4),
    dict(type='TorchVisionWrapper', op='RandomGrayscale', p=0.3),
    dict(type='JointNoise', clip=1.0, frame=0.5),
    dict(type='JointDrop', ratio=0.1),
    dict(type='PersonExchange', ratio=0.5)
]
modality_drop = [dict(type='ModalityDrop', rgb=0.5, pose=0.1)]
train_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=clip_len, part=part),
    dict(type='AlignedDecode'),
    dict(type='SquarePad'), *augmentation, *modality_drop, *_base_.pack
]
test_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=clip_len, test_mode=True),
    dict(type='AlignedDecode'),
    dict(type='SquarePad'),
    dict(type='Resize', scale=(crop_size, crop_size), keep_ratio=False), *_base_.pack
]
