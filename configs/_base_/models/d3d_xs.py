# The smallest member of the family: for 12 frames of 80 x 80 pixels, 10 x 10 tokens, of which a
# grid of 6 x 6 x 6 is searched after the temporal stride. 0.05 s a clip on two CPU cores.
_base_ = './d3d.py'

base_channels = 16

model = dict(
    backbone=dict(
        backbone=dict(base_channels=base_channels, temporal_strides=(2, 1, 1)),
        num_blocks=1,
        block=dict(deformable=dict(kernel_size=(1, 5, 5)))),
    cls_head=dict(in_channels=4 * base_channels))
