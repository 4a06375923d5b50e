# To copy for your own videos, on a CPU: num_classes is the one number that must be set.
# d3d_custom.py is the paper's model, for GPUs and thousands of clips.
_base_ = [
    '_base_/models/d3d_xs.py', '_base_/datasets/custom_small.py',
    '_base_/schedules/adamw_few_clips.py', '_base_/default_runtime.py'
]

num_classes = 2

model = dict(
    backbone=dict(
        num_joints=_base_.num_joints,
        num_person=_base_.num_person,
        clip_len=_base_.clip_len,
        img_size=_base_.crop_size),
    cls_head=dict(
        num_classes=num_classes,
        clip_len=_base_.clip_len,
        num_joint_tokens=_base_.num_person * _base_.num_joints))
dataset = dict(dataset=dict(num_classes=num_classes))
train_dataloader = dataset
val_dataloader = dataset
test_dataloader = dataset

# Training ends where the best accuracy on val is 30 epochs old.
default_hooks = dict(logger=dict(interval=5))
custom_hooks = [
    dict(type='EarlyStoppingHook', monitor='acc/top1', min_delta=0.001, patience=30, min_clips=10)
]
