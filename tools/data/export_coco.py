"""Writes frames and joints as MMPose trains on them: python tools/data/export_coco.py X.pkl."""
import json
import os
from pathlib import Path

import cv2
import numpy as np

from mmaction_d3d import cli
from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.datasets.annotations import AnnotationChecker, ids_of, read_annotations
from mmaction_d3d.datasets.joint_layout import find_layout
from mmaction_d3d.datasets.splits import select_split
from mmaction_d3d.errors import InputError
from mmaction_d3d.files import without_suffix, write_bytes, write_text
from mmaction_d3d.media import MediaIndex, locate_video, read_video
from mmaction_d3d.parallel import map_in_order
from mmaction_d3d.skeletons import LAYOUTS


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='Every Nth frame of the videos as a JPEG, and their joints as COCO keypoint '
        'JSON: what MMPose trains and tests a pose network on.')
    parser.add_argument('annotations', metavar='X.pkl', help='annotations with skeletons')
    parser.add_argument('--videos', required=True, metavar='DIR', help='folder of their videos')
    parser.add_argument('--out', required=True, metavar='DIR',
                        help='folder to write: images/, SPLIT.json')
    parser.add_argument('--split', required=True, help='the clips')
    parser.add_argument('--every', type=cli.number(least=1), default=8, metavar='N',
                        help='frames from one that is taken to the next (default: %(default)s)')
    parser.add_argument('--layout', choices=LAYOUTS,
                        help='joints (default: as the file says, else coco17)')
    parser.add_argument(
        '--whole-frame', action='store_true', help='make the box of a person the '
        'whole frame, as extract_skeletons.py --whole-frame will; frames with '
        'more people are left out')
    parser.add_argument('--workers', type=cli.number(least=1), metavar='N',
                        help='processes (default: one for each CPU)')
    return parser.parse_args(argv)


def write_frames(job):
    """Write the frames of one clip as JPEGs; return their names and sizes."""
    video, folder, prefix, inds = job
    images, count = read_video(video, inds)
    if count is not None:
        raise InputError(video, 'frames', count, f'more than {inds.max()}, as total_frames says')
    Path(folder, prefix).parent.mkdir(parents=True, exist_ok=True)
    names = []
    for index in inds.tolist():
        names.append(f'{prefix}_{index:06}.jpg')
        data = cv2.imencode('.jpg', images[index][..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
        write_bytes(Path(folder, names[-1]), data.tobytes())
    return names, images[int(inds[0])].shape[:2]


def joints_of(annotation, index, person, shape):
    """V x 3 of one person: x, y in pixels of the frame, and COCO's flag 2, or 0 where missing."""
    scale = np.divide(shape, annotation['img_shape'])[::-1]
    xy = annotation['keypoint'][person, index].astype(np.float64) * scale
    is_seen = (annotation['keypoint_score'][person, index] > 0) & np.isfinite(xy).all(-1)
    return np.where(is_seen[:, None], np.column_stack([xy, np.full(len(xy), 2.)]), 0)


def box_of(joints, shape, whole_frame):
    """COCO's box, x, y, width, height: the joints and a tenth of their extent around them."""
    if whole_frame:
        return [0, 0, shape[1], shape[0]]
    points = joints[joints[:, 2] > 0, :2]
    low, high = points.min(0), points.max(0)
    margin = 0.1 * (high - low)
    low, high = np.maximum(low - margin, 0), np.minimum(high + margin, shape[::-1])
    return [*low, *(high - low)]


def main():
    """Write frames and joints."""
    args = parse_args()
    content = safe_pickle.load(args.annotations)
    annotations, splits = read_annotations(content, args.annotations)
    layout = find_layout(content, args.annotations, args.layout)
    check = AnnotationChecker(args.annotations, layout, None, 100)
    chosen = [
        check(index, annotations[index])
        for index in select_split(annotations, splits, args.split, args.annotations)
    ]
    media = MediaIndex(args.videos)
    jobs = []
    for info in chosen:
        video = locate_video(media, info, (args.annotations, ids_of(info)[0]))['filename']
        prefix = without_suffix(os.path.relpath(video, args.videos))
        indices = np.arange(0, info['total_frames'], args.every)
        jobs.append((video, Path(args.out, 'images'), prefix, indices))
    images, people, crowded = [], [], 0
    for info, job, (names, shape) in zip(chosen, jobs,
                                         map_in_order(write_frames, jobs, args.workers, 'clips')):
        for index, name in zip(job[3], names):
            skeletons = [
                joints_of(info, index, person, shape) for person in range(len(info['keypoint']))
            ]
            skeletons = [joints for joints in skeletons if joints[:, 2].any()]
            if args.whole_frame and len(skeletons) > 1:
                crowded += 1
                continue
            images.append(dict(id=len(images) + 1, file_name=name, height=shape[0], width=shape[1]))
            for joints in skeletons:
                box = box_of(joints, shape, args.whole_frame)
                people.append(
                    dict(id=len(people) + 1, image_id=len(images), category_id=1, iscrowd=0,
                         bbox=[round(float(side), 2) for side in box],
                         area=round(float(box[2] * box[3]), 2), num_keypoints=int((joints[:, 2]
                                                                                   > 0).sum()),
                         keypoints=[round(float(number), 2) for number in joints.ravel()]))
    category = dict(id=1, name='person', keypoints=list(layout.joints),
                    skeleton=[[a + 1, b + 1] for a, b in layout.edges])
    path = Path(args.out, f'{args.split}.json')
    write_text(path, json.dumps(dict(images=images, annotations=people, categories=[category])))
    print(f'{path}: {len(images)} images, {len(people)} people')
    if crowded:
        print(f'{crowded} frames with more than one person: left out')


if __name__ == '__main__':
    cli.run(main)
