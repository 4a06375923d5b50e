"""What all members of the study share: the quickstart's clips and updates."""
_base_ = [
    '../../configs/_base_/datasets/synthetic.py', '../../configs/_base_/schedules/adamw_4e.py',
    '../../configs/_base_/default_runtime.py'
]

num_person = 1
train_dataloader = dict(dataset=dict(num_person=num_person))
val_dataloader = dict(dataset=dict(num_person=num_person))
test_dataloader = dict(dataset=dict(num_person=num_person))
