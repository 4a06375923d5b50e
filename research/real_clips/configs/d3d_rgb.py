"""D3D that is given no skeletons, in training as in test."""
_base_ = 'd3d.py'

without = [dict(type='ModalityDrop', pose=1.)]
train_pipeline = [*_base_.train_frames, *without, *_base_.pack]
test_pipeline = [*_base_.test_frames, *without, *_base_.pack]
