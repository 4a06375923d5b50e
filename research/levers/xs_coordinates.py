"""Poses by their coordinates alone."""
_base_ = '../family/d3d_xs.py'

model = dict(backbone=dict(pose_tokens=dict(octaves=0, motion_lags=(), body=False)))
