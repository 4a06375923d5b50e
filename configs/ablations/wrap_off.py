_base_ = '{{$MMACTION_D3D_ABLATION_BASE:./_base_/synthetic.py}}'

model = dict(backbone=dict(wrap=False))
