# Your own videos as small squares, strongly augmented: docs/data_custom.md.
_base_ = './augmented_squares.py'

data_root = '{{$MMACTION_D3D_DATA:data/custom}}'
num_person = 2
num_joints = 17

data = dict(
    ann_file=f'{data_root}/annotations.pkl',
    data_prefix=dict(video=f'{data_root}/videos'),
    num_person=num_person,
    layout=_base_.layout)

loader = dict(batch_size=8, num_workers=2)
test = dict(**data, pipeline=_base_.test_pipeline)
train_dataloader = dict(
    **loader, dataset=dict(**data, split='train', pipeline=_base_.train_pipeline))
val_dataloader = dict(**loader, dataset=dict(**test, split='val'))
# The clips of test, where there are folders or a split of that name; else those of val.
test_dataloader = dict(**loader, dataset=dict(**test, split=['test', 'val']))
