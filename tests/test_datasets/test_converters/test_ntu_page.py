"""Every command of the page on NTU RGB+D, on small made-up files in the published layout."""
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
from running import page_commands

from mmaction_d3d.datasets import safe_pickle

from .ntu_files import make_body, write_skeleton
from .test_pages import here, run  # noqa: F401

OLD = ('S001C001P001R001A001', 'S001C002P003R001A002', 'S002C003P001R001A060')
NEW = ('S018C001P045R001A061', 'S019C002P042R001A120')


def pack(name, folder, files):
    with zipfile.ZipFile(name, 'w') as archive:
        for path in files:
            archive.write(path, f'{folder}/{path.name}')


def publish(root, square_video):
    """Makes the archives that the data set is downloaded as."""
    for names, skeletons, folder in ((OLD, 'nturgbd_skeletons_s001_to_s017.zip',
                                      'nturgb+d_skeletons'),
                                     (NEW, 'nturgbd_skeletons_s018_to_s032.zip',
                                      'nturgb+d_skeletons120')):
        pack(skeletons, folder, [
            write_skeleton(root / 'made' / f'{name}.skeleton', 4, [make_body(range(4))])
            for name in names
        ])
    for name in OLD + NEW:
        square_video.write(root / 'made' / f'{name}_rgb.avi', square_video.draw(4, (64, 96)))
    for setup in sorted({name[:4].lower() for name in OLD + NEW}):
        pack(f'nturgbd_rgb_{setup}.zip', 'nturgb+d_rgb',
             sorted((root / 'made').glob(f'{setup.upper()}*_rgb.avi')))


def publish_hrnet(path):
    """Writes a file in the layout of PYSKL's ntu60_hrnet.pkl."""
    rng = np.random.default_rng(0)
    annotations = [
        dict(frame_dir=name, label=int(name[-3:]) - 1, img_shape=(1080, 1920),
             original_shape=(1080, 1920), total_frames=4,
             keypoint=rng.uniform(0, 1080, (people, 4, 17, 2)).astype(np.float16),
             keypoint_score=rng.uniform(0, 1, (people, 4, 17)).astype(np.float16))
        for people, name in enumerate(OLD, 1)
    ]
    split = dict(xsub_train=[OLD[0], OLD[2]], xsub_val=[OLD[1]], xview_train=list(OLD[1:]),
                 xview_val=[OLD[0]])
    path.write_bytes(pickle.dumps(dict(split=split, annotations=annotations), protocol=4))


def test_ntu(here, square_video, monkeypatch, capsys):  # noqa: F811
    monkeypatch.setenv('PATH', f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}')
    publish(here, square_video)
    publish_hrnet(here / 'ntu60_hrnet.pkl')
    for command in page_commands('data_ntu.md'):
        if command.startswith('python -m '):
            subprocess.run(command, shell=True, check=True)
        else:
            run(command)
    assert '| plain |' in capsys.readouterr().out  # of the benchmark, the last one
    assert safe_pickle.load('data/ntu60/annotations.pkl')['split']['xsub_train'] == [OLD[0], OLD[2]]
    assert safe_pickle.load('data/ntu120/annotations.pkl')['split']['xset_train'] == [
        OLD[2], NEW[0]
    ]
    for run_of in ('d3d_ntu60_xsub', 'd3d_ntu120_xset', 'd3d_ntu60_xsub_hrnet'):
        assert Path(f'work_dirs/{run_of}/best.pth').exists()
