"""D3D that is given blank frames, in training as in test."""
_base_ = 'd3d.py'

without = [dict(type='ModalityDrop', rgb=1.)]
train_pipeline = [*_base_.train_frames, *without, *_base_.pack]
test_pipeline = [*_base_.test_frames, *without, *_base_.pack]
