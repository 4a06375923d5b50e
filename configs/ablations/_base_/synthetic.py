# The quickstart's model, narrower and on smaller clips, so that a run takes minutes on one CPU core.
_base_ = '../../d3d_quickstart.py'

base_channels = 8
max_epochs = 4

# What tools/ablate.py generates.
synthetic = dict(
    out_dir='data/synthetic_ablations',
    difficulty='easy',
    size=64,
    num_train=800,
    num_val=160,
    num_test=400)

model = dict(
    backbone=dict(backbone=dict(base_channels=base_channels), num_heads=2),
    cls_head=dict(in_channels=4 * base_channels))
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, end=30),
    dict(type='CosineAnnealingLR', end=max_epochs, convert_to_iter_based=True)
]
optim_wrapper = dict(optimizer=dict(lr=2e-3))
train_dataloader = dict(batch_size=4)
