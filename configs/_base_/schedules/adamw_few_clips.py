# What counts on few clips is the number of updates: many epochs of few clips each.
_base_ = './adamw_90e.py'

max_epochs = 80
warmup_epochs = 5

train_cfg = dict(max_epochs=max_epochs)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=warmup_epochs, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', begin=warmup_epochs, end=max_epochs, convert_to_iter_based=True)
]
