"""What all models share: clips, augmentation, updates and the choice of the checkpoint."""
_base_ = [
    '../../../configs/_base_/datasets/augmented_squares.py',
    '../../../configs/_base_/schedules/adamw_90e.py', '../../../configs/_base_/default_runtime.py'
]

custom_imports = dict(imports=['mmaction_d3d', 'research.real_clips.parts'],
                      allow_failed_imports=False)

data_root = '{{$MMACTION_D3D_DATA:work_dirs/real_clips/clips}}'
num_classes = 6
num_person = 2
num_joints = 17
crop_size = 64

updates = 480
validations = 4  # evenly spread; the best of these checkpoints is tested
batch_size = 16

# That of configs/_base_/datasets/augmented_squares.py, for every model; the stored frames are
# squares already, and are shrunk further.
augmentation = [
    dict(step, scale=(crop_size, crop_size)) if step['type'] == 'Resize' else step
    for step in _base_.augmentation
]
train_frames = [
    dict(type='AlignedSampleFrames', clip_len=_base_.clip_len, part=_base_.part),
    dict(type='AlignedDecode'), *augmentation
]
test_frames = [
    dict(type='AlignedSampleFrames', clip_len=_base_.clip_len, test_mode=True),
    dict(type='AlignedDecode'),
    dict(type='Resize', scale=(crop_size, crop_size), keep_ratio=False)
]
train_pipeline = [*train_frames, *_base_.pack]
test_pipeline = [*test_frames, *_base_.pack]

# The folds name the splits, and give each loader its pipeline.
data = dict(type='RGBPoseDataset', ann_file=f'{data_root}/annotations.pkl',
            data_prefix=dict(img=f'{data_root}/frames'), frame_tmpl='{:04}.png', start_index=0,
            num_classes=num_classes, num_person=num_person, layout=_base_.layout)
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
