"""Generated clips as folders of frames, for a machine that cannot encode videos."""
from pathlib import Path

import cv2

from ..datasets.synthetic import CLASSES, Clip
from ..files import write_pickle


def write_frame_folders(out_dir: str | Path, num_train: int, num_val: int, num_test: int, size: int,
                        num_frames: int, seed: int = 0) -> None:
    """Write clips as ``frames/CLIP/img_00001.png`` ... and ``annotations.pkl``.

    Args:
        out_dir: Folder, new.
        num_train: Clips for training.
        num_val: Clips for validation.
        num_test: Clips for testing.
        size: Side of the frames, pixels.
        num_frames: Frames of a clip.
        seed: Of the data set.
    """
    out_dir, annotations, split = Path(out_dir), [], {}
    for name, count in dict(train=num_train, val=num_val, test=num_test).items():
        clips = [Clip(seed, 'easy', name, index, count, size, num_frames) for index in range(count)]
        for clip in clips:
            folder = out_dir / 'frames' / clip.annotation['frame_dir']
            folder.mkdir(parents=True)
            for number, frame in enumerate(clip.frames(), 1):
                cv2.imwrite(str(folder / f'img_{number:05}.png'), frame[..., ::-1])
        annotations += [clip.annotation for clip in clips]
        split[name] = [clip.annotation['frame_dir'] for clip in clips]
    write_pickle(out_dir / 'annotations.pkl',
                 dict(split=split, annotations=annotations, classes=list(CLASSES)))
