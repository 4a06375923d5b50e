_base_ = ['../d3d_ntu60_xsub.py', '../_base_/models/letter.py']

model = dict(backbone=_base_.letter)
