"""MMAction2's RGBPose-Conv3D at its own width on the quickstart's clips."""
_base_ = 'rgbpose_conv3d_narrow.py'

rgb_channels, pose_channels = 64, 32
model = dict(
    backbone=dict(rgb_pathway=dict(base_channels=rgb_channels),
                  pose_pathway=dict(base_channels=pose_channels)),
    cls_head=dict(in_channels=(32 * rgb_channels, 16 * pose_channels)))
