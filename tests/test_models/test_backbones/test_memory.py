"""Memory of a training pass at full size."""
import os
import subprocess
import sys
import textwrap

TRAINING_PASS = '''
import mmaction_d3d
import torch
from mmaction.registry import MODELS

model = MODELS.build(dict(type='D3DTransformer', backbone=dict(type='R2Plus1D'), num_joints=17,
                          num_person=2))
imgs = torch.randn(1, 3, 12, 224, 224)
keypoint = torch.rand(1, 12, 34, 3) * torch.tensor([224., 224., 1.])
model(imgs, keypoint).square().mean().backward()
# Unlike ru_maxrss this leaves out the process that started this one.
print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])
'''


def test_a_full_clip_of_two_people_trains_within_3_5_gib():
    done = subprocess.run([sys.executable, '-c', textwrap.dedent(TRAINING_PASS)], check=True,
                          stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert int(done.stdout.split()[-1]) / 2**20 < 3.5
