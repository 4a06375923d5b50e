_base_ = ['../d3d_pennaction.py', '../_base_/models/letter.py']

model = dict(backbone=_base_.letter)
