# Where the clips are, and what they are: no word of how they are read.
data_root = '{{$MMACTION_D3D_DATA:data/pennaction}}'
num_classes = 15
num_person = 1
layout = 'penn13'
num_joints = 13

data = dict(
    ann_file=f'{data_root}/annotations.pkl',
    data_prefix=dict(img=f'{data_root}/frames'),  # as the data set comes: frames/0001/000001.jpg
    frame_tmpl='{:06}.jpg',
    num_classes=num_classes,
    num_person=num_person,
    layout=layout)
