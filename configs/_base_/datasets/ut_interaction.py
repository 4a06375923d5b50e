# UT-Interaction set 1 (Ryoo and Aggarwal, 2010): short clips of two people, each already cropped
# to the people, so that a clip's size tells much of its class. Squares of one size hide it.
_base_ = './augmented_squares.py'

data_root = '{{$MMACTION_D3D_DATA:data/ut_interaction}}'
num_classes = 6
num_person = 2
num_joints = 17

data = dict(
    ann_file=f'{data_root}/set1_movenet.pkl',
    data_prefix=dict(video=f'{data_root}/videos'),
    metainfo=dict(classes=['handshake', 'hug', 'kick', 'point', 'punch', 'push']),
    num_classes=num_classes,
    num_person=num_person,
    layout=_base_.layout)

train_dataloader = dict(
    batch_size=8,
    num_workers=2,
    dataset=dict(**data, split='train', pipeline=_base_.train_pipeline))
# The data set has no validation split: training runs to its end, unwatched, and the last
# checkpoint is tested once.
val_dataloader = None
val_evaluator = None
test_dataloader = dict(
    batch_size=8, num_workers=2, dataset=dict(**data, split='test', pipeline=_base_.test_pipeline))
