_base_ = ['../d3d_ntu120_xset.py', '../_base_/models/letter.py']

model = dict(backbone=_base_.letter)
