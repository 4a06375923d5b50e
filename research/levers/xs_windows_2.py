"""Windows of 2 joints and of 2 frames in place of 4."""
_base_ = '../family/d3d_xs.py'

model = dict(backbone=dict(block=dict(joint=dict(window=2), temporal=dict(window=2))))
