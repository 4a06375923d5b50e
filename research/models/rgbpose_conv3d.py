"""MMAction2's RGBPose-Conv3D at a quarter of its width: 8 frames, 32 for poses."""
_base_ = '../../configs/_base_/models/d3d.py'

every = 4
rgb_channels, pose_channels = 16, 8
pathway = dict(lateral=True, fusion_kernel=7, conv1_kernel=(1, 7, 7), with_pool2=False)
model = dict(
    backbone=dict(
        _delete_=True, type='RGBPoseConv3D', speed_ratio=every, channel_ratio=4,
        rgb_pathway=dict(**pathway, num_stages=4, lateral_infl=1, lateral_activate=(0, 0, 1, 1),
                         base_channels=rgb_channels, inflate=(0, 0, 1, 1)),
        pose_pathway=dict(**pathway, num_stages=3, stage_blocks=(4, 6, 3), lateral_inv=True,
                          lateral_infl=16, lateral_activate=(0, 1, 1), in_channels=17,
                          base_channels=pose_channels, out_indices=(2, ), conv1_stride_s=1,
                          conv1_stride_t=1, pool1_stride_s=1, pool1_stride_t=1, inflate=(0, 1, 1),
                          spatial_strides=(2, 2, 2), temporal_strides=(1, 1, 1), dilations=(1, 1,
                                                                                            1))),
    cls_head=dict(_delete_=True, type='RGBPoseHead',
                  in_channels=(32 * rgb_channels, 16 * pose_channels),
                  loss_components=['rgb',
                                   'pose'], loss_weights=[1.,
                                                          1.], dropout=0.5, average_clips='prob'))
