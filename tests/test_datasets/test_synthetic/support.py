"""Small clips."""
from mmaction_d3d.datasets.synthetic import Clip

SMALL = dict(num_train=5, num_val=2, num_test=2, num_frames=6, size=64, workers=1)

LEVELS = ('easy', 'pair', 'hard')


def make_clip(index=0, difficulty='easy', seed=0, split='train', num_frames=6, size=96):
    return Clip(seed, difficulty, split, index, 40, size, num_frames)


def clips(difficulty, number=24):
    return [make_clip(i, difficulty) for i in range(number)]
