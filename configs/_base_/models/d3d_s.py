# A small member of the family: for 12 frames of 112 x 112 pixels. Half the time and memory of
# MMAction2's RGBPose-Conv3D or less: docs/benchmarks.md. Its encodings and losses are d3d_xs's.
_base_ = './d3d_xs.py'

base_channels = 40

model = dict(
    backbone=dict(
        backbone=dict(base_channels=base_channels, temporal_strides=(1, 2, 1)),
        block=dict(deformable=dict(kernel_size=7))),
    cls_head=dict(in_channels=4 * base_channels))
