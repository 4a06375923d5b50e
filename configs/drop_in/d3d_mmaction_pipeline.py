# Our model in a config of MMAction2 that knows nothing of it; runs with MMAction2's own train.py.
#
# The inherited pipeline samples 8 RGB and 32 pose frames apart, which in training breaks the
# alignment of the two that equation (1) needs, and merges people. The model takes for each RGB
# frame the nearest pose frame and warns once; d3d_aligned_pipeline.py is the better way.
_base_ = 'mmaction::skeleton/posec3d/rgbpose_conv3d/rgbpose_conv3d.py'

custom_imports = dict(imports=['mmaction_d3d'], allow_failed_imports=False)
load_from = None

model = dict(
    _delete_=True,
    type='D3DRecognizer',
    backbone=dict(
        type='D3DTransformer',
        backbone=dict(type='R2Plus1D'),
        num_joints=17,
        num_person=1,
        clip_len=8,
        img_size=224),
    cls_head=dict(type='D3DHead', num_classes=60, in_channels=256, average_clips='prob'),
    data_preprocessor=dict(
        type='D3DDataPreprocessor',
        preprocessors=dict(imgs=_base_.data_preprocessor.preprocessors.imgs)))
