"""Twice the width."""
_base_ = '../family/d3d_xs.py'

base_channels = 32
model = dict(backbone=dict(backbone=dict(base_channels=base_channels)),
             cls_head=dict(in_channels=4 * base_channels))
