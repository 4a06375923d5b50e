# A small member of the family: for 12 frames of 112 x 112 pixels. Half the time and memory of
# MMAction2's RGBPose-Conv3D or less: docs/benchmarks.md.
_base_ = './d3d.py'

base_channels = 40

model = dict(
    backbone=dict(
        backbone=dict(base_channels=base_channels, temporal_strides=(1, 2, 1)), num_blocks=2),
    cls_head=dict(in_channels=4 * base_channels))
