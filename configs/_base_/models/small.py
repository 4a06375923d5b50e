# A narrow model for few clips, and all that makes it learn in few updates: docs/paper.md says what
# each of these keys does. 80 pixels are 10 x 10 tokens: the searched grid is 8 x 6 x 6.
_base_ = './d3d.py'

base_channels = 16

model = dict(
    backbone=dict(
        backbone=dict(base_channels=base_channels, motion=True),
        num_blocks=2,
        block=dict(deformable=dict(kernel_size=5)),
        pose_tokens=dict(octaves=4, motion_lags=(1, 2), body=True, order_people=True),
        pathways=True),
    cls_head=dict(in_channels=4 * base_channels, pathways=dict(rgb=0.5, pose=0.5)))
