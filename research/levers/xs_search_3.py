"""A token search of 3 x 3 x 3 in place of 5 x 5 x 5: more is searched."""
_base_ = '../family/d3d_xs.py'

model = dict(backbone=dict(block=dict(deformable=dict(kernel_size=3))))
