# Can the model learn at all? Four clips of the embedded data by heart: loss near 0 and top-1 of 1
# on them, or something is broken.
_base_ = '../_base_/d3d_synthetic.py'

num_clips = 4
allow_shared_clips = True  # they are tested, too
max_epochs = 40  # a step each; batch norm needs some to average over

clips = dict(dataset=dict(split='train', indices=num_clips, pipeline=_base_.test_pipeline))
train_dataloader = dict(batch_size=num_clips, **clips)
val_dataloader = clips
test_dataloader = clips

train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
param_scheduler = [dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=5)]
optim_wrapper = dict(optimizer=dict(lr=1e-3))
custom_hooks = [dict(type='TrainingHealthHook', interval=1)]
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=max_epochs))
log_processor = dict(window_size=1)
