"""MMAction2's RGBPose-Conv3D at a quarter of its width: 8 frames, 32 of 16 x 16 for poses."""
_base_ = ['base.py', '../../models/rgbpose_conv3d.py']

pose_frames = 32
pack = [
    dict(type='GeneratePoseTarget', sigma=0.7, scaling=0.25),
    dict(type='EveryNthImage', every=_base_.every), _base_.pack[0],
    dict(type='PackActionInputs', collect_keys=('imgs', 'heatmap_imgs'), meta_keys=('frame_dir', ))
]

model = dict(cls_head=dict(num_classes=_base_.num_classes))

train_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=pose_frames, part=_base_.part),
    *_base_.train_frames[1:], *_base_.modality_drop, *pack
]
test_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=pose_frames, test_mode=True), *_base_.test_frames[1:],
    *pack
]
