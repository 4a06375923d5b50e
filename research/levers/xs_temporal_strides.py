"""Half the frames after the first layer."""
_base_ = '../family/d3d_xs.py'

model = dict(backbone=dict(backbone=dict(temporal_strides=(1, 2, 1))))
