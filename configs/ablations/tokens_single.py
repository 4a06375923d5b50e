# Table 5.
_base_ = '{{$MMACTION_D3D_ABLATION_BASE:./_base_/synthetic.py}}'

model = dict(backbone=dict(modal_tokens='single'), cls_head=dict(num_tokens=1))
