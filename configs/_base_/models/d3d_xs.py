# The smallest member of the family: for 12 frames of 80 x 80 pixels, 10 x 10 tokens, of which a
# grid of 8 x 6 x 6 is searched. At most 0.05 s a clip on two CPU cores: docs/benchmarks.md. It is
# made for few clips and few updates: docs/paper.md says what each of these keys does.
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
