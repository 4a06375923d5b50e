"""Two searched frames in place of eight."""
_base_ = '../family/d3d_xs.py'

model = dict(backbone=dict(block=dict(deformable=dict(searched_frames=2))))
