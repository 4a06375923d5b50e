# AdamW, 90 epochs, cosine and 5 epochs of warm-up are the paper's; the rest it does not state.
max_epochs = 90
warmup_epochs = 5

train_cfg = dict(type='D3DTrainLoop', max_epochs=max_epochs, val_interval=1)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

optim_wrapper = dict(
    type='AutoAmpOptimWrapper',  # mixed precision where a GPU is
    optimizer=dict(type='AdamW', lr=5e-4, weight_decay=0.05),
    clip_grad=dict(max_norm=1.0),
    paramwise_cfg=dict(
        norm_decay_mult=0.,
        bias_decay_mult=0.,
        custom_keys=dict(
            embed=dict(decay_mult=0.),
            modal_tokens=dict(decay_mult=0.),
            missing_token=dict(decay_mult=0.))))

param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=warmup_epochs, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', begin=warmup_epochs, end=max_epochs, convert_to_iter_based=True)
]

# --auto-scale-lr scales the rate by the total batch over this one.
auto_scale_lr = dict(enable=False, base_batch_size=64)
