# Where the clips are, and what they are: no word of how they are read.
data_root = '{{$MMACTION_D3D_DATA:data/ntu60}}'
num_classes = 60
num_person = 2
layout = 'ntu25'
num_joints = 25

data = dict(
    ann_file=f'{data_root}/annotations.pkl',
    data_prefix=dict(video=f'{data_root}/videos'),
    filename_tmpl='{frame_dir}_rgb.avi',
    num_classes=num_classes,
    num_person=num_person,
    layout=layout)
