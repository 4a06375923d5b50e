# A small model that 41 clips and 2 CPU cores are enough for.
_base_ = [
    '_base_/models/d3d.py', '_base_/datasets/ut_interaction.py', '_base_/schedules/adamw_90e.py',
    '_base_/default_runtime.py'
]

base_channels = 16
max_epochs = 40

model = dict(
    backbone=dict(
        backbone=dict(base_channels=base_channels),
        num_joints=_base_.num_joints,
        num_person=_base_.num_person,
        clip_len=_base_.clip_len,
        img_size=_base_.crop_size,
        # 80 pixels are 10 x 10 tokens: the searched grid is 8 x 6 x 6
        block=dict(deformable=dict(kernel_size=5))),
    cls_head=dict(num_classes=_base_.num_classes, in_channels=4 * base_channels))

train_cfg = dict(max_epochs=max_epochs)
val_cfg = None  # as the data set has no validation split
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=_base_.warmup_epochs, convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        begin=_base_.warmup_epochs,
        end=max_epochs,
        convert_to_iter_based=True)
]

default_hooks = dict(checkpoint=dict(save_best=None, interval=10), logger=dict(interval=5))
