"""Draws skeletons over their videos: python tools/visualize_skeletons.py X.pkl --videos DIR."""
from pathlib import Path

import numpy as np

from mmaction_d3d import cli
from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.datasets.annotations import AnnotationChecker, ids_of, read_annotations
from mmaction_d3d.datasets.joint_layout import find_layout
from mmaction_d3d.datasets.splits import spread_over_classes
from mmaction_d3d.errors import InputError, shown
from mmaction_d3d.files import is_folder
from mmaction_d3d.media import (
    DEFAULT_FPS,
    Frames,
    MediaIndex,
    as_media,
    h264_writer,
    locate_video,
    probe,
)
from mmaction_d3d.parallel import map_in_order
from mmaction_d3d.skeletons import LAYOUTS
from mmaction_d3d.visualization import write_picture
from mmaction_d3d.visualization.people import draw_people, number_people
from mmaction_d3d.visualization.sheet import even, in_rows, sheet, to_width

_SHEET_FRAMES = 12  # on a contact sheet
_SHEET_COLUMNS = 4
_SHEET_WIDTH = 480  # of a frame on it, at most


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='The skeletons of each clip over its video, a colour and a number a person: '
        'NAME.mp4 (H.264) and a contact sheet NAME.png.')
    parser.add_argument('annotations', metavar='X.pkl', help='annotations with skeletons')
    parser.add_argument('--videos', required=True, metavar='DIR',
                        help='folder of their videos or folders of frames')
    parser.add_argument('--out', default='work_dirs/skeletons', metavar='DIR',
                        help='folder for the pictures (default: %(default)s)')
    parser.add_argument(
        '--clips', nargs='+', metavar='NAME',
        help='clips by frame_dir or filename (default: --count of them, over the classes)')
    parser.add_argument('--count', type=cli.number(least=1), default=4, metavar='N',
                        help='clips to draw without --clips (default: %(default)s)')
    parser.add_argument('--layout', choices=LAYOUTS,
                        help='joints (default: as the file says, else coco17)')
    parser.add_argument(
        '--fps', type=cli.number(float, above=0),
        help=f"frames a second (default: the video's; {DEFAULT_FPS} for "
        'folders of frames)')
    return parser.parse_args(argv)


def find_clips(annotations, args):
    """Return the indices of the clips to draw."""
    if not args.clips:
        return spread_over_classes([shown(info.get('label')) for info in annotations], args.count)
    named = {name: index for index, info in enumerate(annotations) for name in ids_of(info) if name}
    for name in args.clips:
        if name not in named:
            raise InputError(args.annotations, '--clips', name,
                             f'a clip, such as {ids_of(annotations[0])[0]}')
    return [named[name] for name in args.clips]


def find_media(info, args):
    """Return the clip's video, or folder of frames."""
    folder = Path(args.videos, info.get('frame_dir') or '')
    if not info.get('filename') and info.get('frame_dir') and is_folder(folder):
        return as_media(folder)
    place = (args.annotations, ids_of(info)[0])
    return as_media(locate_video(MediaIndex(args.videos), info, place)['filename'])


def draw(job):
    """Draw one clip; return the paths written."""
    info, media, layout, out, fps = job
    stem = Path(out, (info.get('frame_dir') or ids_of(info)[2]).replace('/', '_'))
    total, people = info['total_frames'], None
    chosen = set(np.linspace(0, total - 1, min(total, _SHEET_FRAMES)).round().astype(int).tolist())
    shown, frames = [], Frames(media)
    timing = probe(media)
    uneven = fps is None and timing.times is not None
    with h264_writer(f'{stem}.mp4', fps or timing.fps) as write:
        for index, frame in enumerate(frames.images()):
            if index >= total:
                raise InputError(media.path, 'frames', f'more than {total}',
                                 f'{total}, as total_frames of {ids_of(info)[0]} says')
            if people is None:
                # Keypoints follow the video where its size differs from img_shape.
                scale = np.divide(frame.shape[:2], info['img_shape'])[::-1]
                people = np.concatenate(
                    [np.nan_to_num(info['keypoint']) * scale, info['keypoint_score'][..., None]],
                    axis=-1)
            drawn = np.array(frame)
            draw_people(drawn, people[:, index], layout)
            number_people(drawn, people[:, index])
            if index in chosen:
                shown.append(to_width(drawn, min(_SHEET_WIDTH, drawn.shape[1])))
            write(even(drawn), float(timing.time_of(index)) if uneven else None)
    write_picture(f'{stem}.png', sheet(in_rows(shown, _SHEET_COLUMNS)))
    return f'{stem}.mp4', f'{stem}.png'


def main():
    """Draw as the command line says."""
    args = parse_args()
    content = safe_pickle.load(args.annotations)
    annotations, _ = read_annotations(content, args.annotations)
    layout = find_layout(content, args.annotations, args.layout)
    check = AnnotationChecker(args.annotations, layout, None, 100)
    jobs = []
    for index in find_clips(annotations, args):
        info = check(index, {'label': 0, **annotations[index]})  # it may not have one yet
        jobs.append((info, find_media(info, args), layout, args.out, args.fps))
    for paths in map_in_order(draw, jobs, 1, 'clips'):
        print(*paths)
    cli.next_step('data/check_dataset.py', args.annotations, '--videos', args.videos)


if __name__ == '__main__':
    cli.run(main)
