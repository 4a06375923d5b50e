# Minutes on the embedded data: 600 updates of 8 of its 1,200 clips.
_base_ = './adamw_90e.py'

max_epochs = 4

train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, end=30),
    dict(type='CosineAnnealingLR', end=max_epochs, convert_to_iter_based=True)
]
randomness = dict(seed=0)
