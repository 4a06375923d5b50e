"""A made-up FineGYM in the layout of the published files, with videos whose frames are numbered."""
import json

import av
import numpy as np

BLOCK = 16  # pixels of the square that shows a bit of the frame's number
SIZE = 2 * BLOCK, 4 * BLOCK


def draw_number(number):
    """A frame, 32 x 64 x 3, that shows its number, below 256, as eight squares."""
    bits = np.array([number >> bit & 1 for bit in range(8)]).reshape(2, 4)
    grey = 30 + 200 * bits.repeat(BLOCK, 0).repeat(BLOCK, 1)
    return np.repeat(grey[..., None], 3, 2).astype(np.uint8)


def read_numbers(path):
    """The numbers that a video's frames show, at any size."""
    numbers = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            grey = frame.to_ndarray(format='gray').astype(float)
            height, width = grey.shape
            cells = grey.reshape(2, height // 2, 4, width // 4).mean((1, 3)).ravel()
            numbers.append(sum(1 << bit for bit, level in enumerate(cells) if level > 128))
    return numbers


def write_full_video(path, square_video, frames=200):
    """A video of 25 frames a second as YouTube has it: few key frames, frames out of order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    square_video.write(path, [draw_number(number) for number in range(frames)],
                       options=dict(preset='veryfast', crf='18', g='90', bf='3', sc_threshold='0'))


def write_annotations(folder, videos, train, val, version='1.0', classes=99):
    """The annotation files.

    Args:
        folder (Path): Where to write them.
        videos (dict): By video, by event, its times and, by sub-action, the times of its stages.
        train, val (dict): Classes by the names of clips.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        video: {
            event:
            dict(
                event=4, timestamps=[list(times)], segments=segments and {
                    name: dict(stages=len(stages), timestamps=[list(stage) for stage in stages])
                    for name, stages in segments.items()
                }) for event, (times, segments) in events.items()
        } for video, events in videos.items()
    }
    (folder / f'finegym_annotation_info_v{version}.json').write_text(json.dumps(content))
    for name, elements in ((f'gym99_train_element_v{version}', train), ('gym99_val_element', val)):
        (folder / f'{name}.txt').write_text(''.join(f'{clip} {label}\n'
                                                    for clip, label in elements.items()))
    (folder / 'gym99_categories.txt').write_text(''.join(
        f'Clabel: {label:3}; set: {21 + label % 5}; Glabel: {label + 1:3}; (FX) element {label}\n'
        for label in range(classes)))
