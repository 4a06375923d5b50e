_base_ = [
    '_base_/models/d3d.py', '_base_/datasets/ntu60.py', '_base_/schedules/adamw_90e.py',
    '_base_/default_runtime.py'
]

model = dict(
    backbone=dict(
        num_joints=_base_.num_joints,
        num_person=_base_.num_person,
        clip_len=_base_.clip_len,
        img_size=_base_.crop_size),
    cls_head=dict(num_classes=_base_.num_classes))

# The protocol has two splits: the one that is tested also chooses the best checkpoint, as is
# customary on this benchmark.
train_dataloader = dict(dataset=dict(split='xsub_train'))
val_dataloader = dict(dataset=dict(split='xsub_val'))
test_dataloader = dict(dataset=dict(split='xsub_val'))
