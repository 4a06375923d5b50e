# Figure 7a.
_base_ = '{{$MMACTION_D3D_ABLATION_BASE:./_base_/synthetic.py}}'

model = dict(backbone=dict(temporal_window=6, temporal_stride=3))
