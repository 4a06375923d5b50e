# The small model on smaller clips with more and steadier updates, so that a run takes about
# five minutes on one CPU core: motions are told apart after some 1,000 clips. A second-moment
# average over few steps (beta 0.95) is what leaves the plateau soonest.
_base_ = '../configs/_base_/d3d_synthetic.py'

crop_size = 56  # 7 x 7 tokens, of which a grid of 6 x 6 x 6 is searched
max_epochs = 2

# What tools/ablate.py generates.
synthetic = dict(out_dir='data/synthetic_ablations', difficulty='easy', size=64, num_train=800,
                 num_val=160, num_test=400)

(train_sampling, decoding, _, *packing) = _base_.train_pipeline
test_sampling = _base_.test_pipeline[0]
resizing = dict(type='Resize', scale=(crop_size, crop_size), keep_ratio=False)
train_pipeline = [train_sampling, decoding, resizing, *packing]
test_pipeline = [test_sampling, decoding, resizing, *packing]
train_dataloader = dict(batch_size=4, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))

model = dict(backbone=dict(img_size=crop_size, layer=dict(num_heads=2), block=dict(deformable=dict(
    kernel_size=(7, 2, 2)))))
optim_wrapper = dict(optimizer=dict(lr=1e-3, betas=(0.9, 0.95)))
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, end=30),
    dict(type='CosineAnnealingLR', end=max_epochs, convert_to_iter_based=True)
]
