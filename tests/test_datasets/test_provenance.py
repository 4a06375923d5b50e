"""What data a model was trained on, in one line."""
from types import SimpleNamespace

from mmaction_d3d.datasets.provenance import describe_data, one_line_of


def test_data_are_called_what_they_say_or_where_they_lie(rgb_pose_data):
    data = rgb_pose_data(num_videos=3)
    plain = data.build()
    data.content['source'] = 'drawn\nclips'
    data.save()
    both = SimpleNamespace(datasets=[plain, SimpleNamespace(dataset=data.build(split='train'))])
    place = f'{data.root.name}/annotations.pkl'
    assert describe_data(both) == f'{place}, 3 clips and drawn clips, 2 clips'


def test_a_long_text_is_cut():
    assert len(one_line_of('long\n' * 1000)) < 110
