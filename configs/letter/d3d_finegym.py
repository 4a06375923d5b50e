_base_ = ['../d3d_finegym.py', '../_base_/models/letter.py']

model = dict(backbone=_base_.letter)
