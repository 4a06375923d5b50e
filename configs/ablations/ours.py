# The base as it is: the last row of tables 4 and 5.
_base_ = '{{$MMACTION_D3D_ABLATION_BASE:./_base_/synthetic.py}}'
