"""Three blocks, as in the paper."""
_base_ = '../family/d3d_xs.py'

model = dict(backbone=dict(num_blocks=3))
