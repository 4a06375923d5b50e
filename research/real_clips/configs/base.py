"""What all models share: clips, augmentation, updates and the choice of the checkpoint."""
_base_ = [
    '../../../configs/_base_/datasets/rgb_pose.py',
    '../../../configs/_base_/schedules/adamw_90e.py', '../../../configs/_base_/default_runtime.py'
]

custom_imports = dict(imports=['mmaction_d3d', 'research.real_clips.parts'],
                      allow_failed_imports=False)

data_root = '{{$MMACTION_D3D_DATA:work_dirs/real_clips/clips}}'
num_classes = 6
num_person = 2
num_joints = 17
clip_len = 12
crop_size = 64

updates = 480
validations = 4  # evenly spread; the best of these checkpoints is tested
batch_size = 16

# Frames and joints alike, for every model. The frames are squares already.
augmentation = [
    dict(type='RandomAffine', degrees=10, scale=(0.7, 1.0)),
    dict(type='Resize', scale=(crop_size, crop_size), keep_ratio=False),
    dict(type='JointFlip', layout='coco17'),
    dict(type='TorchVisionWrapper', op='ColorJitter', brightness=0.4, contrast=0.4),
    dict(type='TorchVisionWrapper', op='RandomGrayscale', p=0.3),
    dict(type='JointNoise', clip=1.0, frame=0.5),
    dict(type='JointDrop', ratio=0.1),
    dict(type='PersonExchange', ratio=0.5)
]
part = (0.7, 1.0)  # of a clip's time
train_frames = [
    dict(type='AlignedSampleFrames', clip_len=clip_len, part=part),
    dict(type='AlignedDecode'), *augmentation
]
test_frames = [
    dict(type='AlignedSampleFrames', clip_len=clip_len, test_mode=True),
    dict(type='AlignedDecode'),
    dict(type='Resize', scale=(crop_size, crop_size), keep_ratio=False)
]
# For models of both: some clips without frames, some without skeletons.
modality_drop = [dict(type='ModalityDrop', rgb=0.2, pose=0.1)]
train_pipeline = [*train_frames, *_base_.pack]
test_pipeline = [*test_frames, *_base_.pack]

# The folds name the splits, and give each loader its pipeline.
data = dict(type='RGBPoseDataset', ann_file=f'{data_root}/annotations.pkl',
            data_prefix=dict(img=f'{data_root}/frames'), frame_tmpl='{:04}.png', start_index=0,
            num_classes=num_classes, num_person=num_person, layout='coco17')
loader = dict(num_workers=0, persistent_workers=False, batch_size=batch_size)
train_dataloader = dict(**loader, dataset=dict(_delete_=True, type='RepeatDataset', times=1,
                                               dataset=data))
val_dataloader = dict(**loader, dataset=data)
test_dataloader = dict(**loader, dataset=data)

val_evaluator = dict(_delete_=True, type='AccuracyThenLikelihood')
test_evaluator = val_evaluator

train_cfg = dict(max_epochs=validations)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, end=30),
    dict(type='CosineAnnealingLR', T_max=validations, convert_to_iter_based=True)
]
default_hooks = dict(checkpoint=dict(save_best='chosen/score', rule='greater', every_iters=20))
