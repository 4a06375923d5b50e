# Figure 7b.
_base_ = '{{$MMACTION_D3D_ABLATION_BASE:./_base_/synthetic.py}}'

clip_len = 4
(train_sampling, *train_rest) = _base_.train_dataloader.dataset.pipeline
(test_sampling, *test_rest) = _base_.test_dataloader.dataset.pipeline
train_sampling.clip_len = test_sampling.clip_len = clip_len
train_pipeline = [train_sampling, *train_rest]
test_pipeline = [test_sampling, *test_rest]

model = dict(backbone=dict(clip_len=clip_len))
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
