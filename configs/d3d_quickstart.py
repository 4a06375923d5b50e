# A small model on the embedded data of tools/data/make_synthetic.py: 8 classes, minutes on 2 CPU
# cores. Checkpoint and settings are chosen on val only.
_base_ = '_base_/d3d_synthetic.py'

num_person = 1  # a clip's skeleton is that of the one who is meant

# What it takes to learn in 600 updates to read both modalities: one block, finer coordinates and
# motion in the pose tokens, and a loss on each modality's own tokens.
model = dict(
    backbone=dict(
        num_person=num_person,
        num_blocks=1,
        pose_tokens=dict(octaves=4, motion_lags=(1, 2, 4)),
        pathways=True),
    cls_head=dict(
        pathways=dict(rgb=0.5, pose=0.5), num_joint_tokens=num_person * _base_.num_joints))
train_dataloader = dict(dataset=dict(num_person=num_person))
val_dataloader = dict(dataset=dict(num_person=num_person))
test_dataloader = dict(dataset=dict(num_person=num_person))
