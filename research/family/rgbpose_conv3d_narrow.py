"""MMAction2's RGBPose-Conv3D at a quarter of its width on the quickstart's clips."""
_base_ = ['base.py', '../models/rgbpose_conv3d.py']

custom_imports = dict(
    imports=['mmaction_d3d', 'research.real_clips.parts', 'research.family.parts'],
    allow_failed_imports=False)

pose_frames = 32
pack = [
    dict(type='GeneratePoseTarget', sigma=0.7, scaling=0.25),
    dict(type='EveryNthImage', every=_base_.every), _base_.pack[0],
    dict(type='PackActionInputs', collect_keys=('imgs', 'heatmap_imgs'), meta_keys=('frame_dir', ))
]
model = dict(cls_head=dict(type='AveragedRGBPoseHead', num_classes=_base_.num_classes, dropout=0.))
optim_wrapper = dict(optimizer=dict(lr=2e-3))  # with D3D's 5e-4 it is at chance after 240 updates

train_pipeline = [
    dict(_base_.train_pipeline[0], clip_len=pose_frames), *_base_.train_pipeline[1:3], *pack
]
test_pipeline = [
    dict(_base_.test_pipeline[0], clip_len=pose_frames), *_base_.test_pipeline[1:3], *pack
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
