# A small member of the family: for 12 frames of 112 x 112 pixels. Half the time and memory of
# MMAction2's RGBPose-Conv3D or less: docs/benchmarks.md. Its encodings and losses are d3d_xs's.
_base_ = './d3d.py'

base_channels = 40

model = dict(
    backbone=dict(
        backbone=dict(base_channels=base_channels, temporal_strides=(1, 2, 1), motion=True),
        num_blocks=2,
        pose_tokens=dict(octaves=4, motion_lags=(1, 2), body=True, order_people=True),
        pathways=True),
    cls_head=dict(in_channels=4 * base_channels, pathways=dict(rgb=0.5, pose=0.5)))
