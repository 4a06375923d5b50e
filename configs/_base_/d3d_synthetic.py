# A small model of two blocks on the embedded data of tools/data/make_synthetic.py, which the
# quickstart, the overfit configs, the ablations and the GPU check start from.
_base_ = ['models/d3d.py', 'datasets/synthetic.py', 'schedules/adamw_4e.py', 'default_runtime.py']

base_channels = 16

model = dict(
    backbone=dict(
        backbone=dict(base_channels=base_channels),
        num_joints=_base_.num_joints,
        num_person=_base_.num_person,
        clip_len=_base_.clip_len,
        img_size=_base_.crop_size,
        num_blocks=2,
        # 64 pixels are 8 x 8 tokens: the searched grid is 6 x 6 x 6
        block=dict(deformable=dict(kernel_size=(7, 3, 3)))),
    cls_head=dict(num_classes=_base_.num_classes, in_channels=4 * base_channels, dropout=0.))
