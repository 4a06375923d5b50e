# As d3d_overfit_narrow.py, at the paper's width and depth on clips of 12 x 112 x 112: 14 x 14
# tokens a frame, of which a grid of 6 x 8 x 8 is searched.
_base_ = './d3d_overfit_narrow.py'

base_channels = 64
crop_size = 112
max_epochs = 10

(sampling, decoding, resizing, *packing) = _base_.test_pipeline
pipeline = [
    sampling, decoding,
    dict(type='Resize', scale=(crop_size, crop_size), keep_ratio=False), *packing
]
clips = dict(dataset=dict(pipeline=pipeline))
train_dataloader = clips
val_dataloader = clips
test_dataloader = clips

model = dict(
    backbone=dict(
        backbone=dict(base_channels=base_channels),
        img_size=crop_size,
        num_blocks=3,
        block=dict(deformable=dict(kernel_size=7))),
    cls_head=dict(in_channels=4 * base_channels))
optim_wrapper = dict(optimizer=dict(lr=3e-4))
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
default_hooks = dict(checkpoint=dict(interval=max_epochs))
