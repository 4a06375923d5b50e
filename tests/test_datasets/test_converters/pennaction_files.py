"""A made-up Penn Action in the layout of the published archive."""
import cv2
import numpy as np
from scipy.io import savemat


def label_of(action='bowl', train=1., frames=4, size=(64, 80), **changed):
    """Fields of a label file as the published ones have them: MATLAB's doubles and logicals."""
    height, width = size
    time, joint = np.meshgrid(np.arange(frames), np.arange(13), indexing='ij')
    x = 1. + (5 * joint + time) % width
    y = 1. + (3 * joint + 2 * time) % height
    fields = dict(action=action, pose='back', x=x, y=y, visibility=joint != 12, train=train,
                  bbox=np.tile([11., 6., 71., 61.], (frames, 1)),
                  dimensions=np.array([[height, width, frames]], float), nframes=float(frames))
    return {**fields, **changed}


def write_clip(root, name, frames=4, size=(64, 80), **label):
    """Write a clip's frames and label file below ``root``."""
    folder = root / 'frames' / name
    folder.mkdir(parents=True)
    (root / 'labels').mkdir(exist_ok=True)
    for number in range(1, frames + 1):
        cv2.imwrite(str(folder / f'{number:06}.jpg'), np.full((*size, 3), 40 * number, np.uint8))
    fields = label_of(**{'frames': frames, 'size': size, **label})
    savemat(root / 'labels' / f'{name}.mat', fields, do_compression=True)
