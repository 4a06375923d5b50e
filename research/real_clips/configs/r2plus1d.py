"""D3D's own feature extractor, R(2+1)D cut after its third stage, with a pooled head."""
_base_ = ['base.py', '../../../configs/_base_/models/d3d.py']

base_channels = 16
pack = [_base_.pack[0], dict(type='PackRGBPose', collect_keys=('imgs', ))]

model = dict(
    backbone=dict(_delete_=True, type='R2Plus1D', base_channels=base_channels, out_stages=(3, ),
                  motion=True),
    cls_head=dict(_delete_=True, type='PooledHead', num_classes=_base_.num_classes,
                  in_channels=4 * base_channels, dropout_ratio=0.5, average_clips='prob'))

train_pipeline = [*_base_.train_frames, *pack]
test_pipeline = [*_base_.test_frames, *pack]
