# FineGYM with PYSKL's published file, as it is: for those who have the video of every clip.
_base_ = './d3d_finegym.py'

data = dict(ann_file=f'{_base_.data_root}/gym_hrnet.pkl')

train_dataloader = dict(dataset=data)
val_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=data)
