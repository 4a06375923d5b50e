# The model of the paper. Keys that are not named here, such as block.deformable.kernel_size or
# block.joint.window, have the default that the docstring of their class gives.
model = dict(
    type='D3DRecognizer',
    backbone=dict(
        type='D3DTransformer', backbone=dict(type='R2Plus1D', base_channels=64, pretrained=None)),
    cls_head=dict(type='D3DHead', in_channels=256, dropout=0.5, average_clips='prob'),
    data_preprocessor=dict(
        type='D3DDataPreprocessor',
        preprocessors=dict(
            imgs=dict(
                type='ActionDataPreprocessor',
                mean=[123.675, 116.28, 103.53],
                std=[58.395, 57.12, 57.375],
                format_shape='NCTHW'))))
