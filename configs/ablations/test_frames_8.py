# Figure A1: for a checkpoint of ours.py.
_base_ = '{{$MMACTION_D3D_ABLATION_BASE:./_base_/synthetic.py}}'

(sampling, *rest) = _base_.test_dataloader.dataset.pipeline
sampling.clip_len = 8
test_dataloader = dict(dataset=dict(pipeline=[sampling, *rest]))
