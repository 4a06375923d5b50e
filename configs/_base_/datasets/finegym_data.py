# Where the clips are, and what they are: no word of how they are read.
data_root = '{{$MMACTION_D3D_DATA:data/finegym}}'
num_classes = 99
num_person = 1  # the athlete
layout = 'coco17'  # estimated by HRNet, as in the paper
num_joints = 17

data = dict(
    ann_file=f'{data_root}/annotations.pkl',
    data_prefix=dict(video=f'{data_root}/videos'),
    num_classes=num_classes,
    num_person=num_person,
    layout=layout)
