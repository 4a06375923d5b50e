# Table 5.
_base_ = '{{$MMACTION_D3D_ABLATION_BASE:./_base_/synthetic.py}}'

# The head reads the mean of mean(Z) and mean(P), as wide as one token.
model = dict(backbone=dict(modal_tokens='none'), cls_head=dict(num_tokens=1))
