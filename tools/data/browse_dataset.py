"""Draws what the model sees of a data set: python tools/data/browse_dataset.py CONFIG [--video]."""
from pathlib import Path

import numpy as np
from mmengine.runner import set_random_seed

from mmaction_d3d import cli
from mmaction_d3d.engine import add_shared_arguments, build_dataset, load_config
from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.clip_view import view_clip
from mmaction_d3d.media import write_slow_video
from mmaction_d3d.models.backbones.flat_keys import nest_flat_keys
from mmaction_d3d.skeletons import get_layout
from mmaction_d3d.unwrapping import unwrap_dataset
from mmaction_d3d.visualization import clip_video, contact_sheet, write_picture


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description="Runs clips of a config's data set through its pipeline and draws what comes "
        'out: frames with skeleton (left blue, right orange, brighter with the score) and '
        'heatmaps, name, class, flip and frame indices.')
    add_shared_arguments(parser)
    parser.add_argument('--split', choices=['train', 'val', 'test'], default='train',
                        help='whose data set and pipeline (default: train)')
    parser.add_argument('--count', type=cli.number(least=1), default=4, metavar='N',
                        help='clips, drawn at random (default: 4)')
    parser.add_argument('--seed', type=cli.number(least=0, most=2**32 - 1), default=0,
                        help='of the choice of clips and of the pipeline (default: 0)')
    parser.add_argument('--video', action='store_true',
                        help='an mp4 (H.264) in place of a contact sheet (PNG)')
    parser.add_argument('--out', metavar='FILE',
                        help='file to write (default: WORK_DIR/browse_SPLIT.png or .mp4)')
    args = parser.parse_args(argv)
    suffix = '.mp4' if args.video else '.png'
    if args.out is not None and Path(args.out).suffix.lower() != suffix:
        raise InputError('command line', '--out', args.out, f'a name that ends in {suffix}')
    return args


def joint_layout(cfg, dataset):
    """Return the joint layout: the data set's, else that of the model's number of joints."""
    dataset = unwrap_dataset(dataset)
    if hasattr(dataset, 'layout'):
        return dataset.layout
    return get_layout(cfg.get('layout', 'coco17'))


def main(argv=None):
    """Draw as the command line says."""
    args = parse_args(argv)
    cfg = load_config(args)
    dataset = build_dataset(cfg, args.split)
    set_random_seed(args.seed)
    count = min(args.count, len(dataset))
    indices = np.random.choice(len(dataset), count, replace=False)
    pose = nest_flat_keys(cfg.get('model', {}).get('backbone', {})).get('pose_tokens') or {}
    heat = {key: pose[key] for key in ('sigma', 'use_score') if key in pose}
    views = [view_clip(dataset[int(index)], dataset, **heat) for index in indices]
    layout = joint_layout(cfg, dataset)
    suffix = '.mp4' if args.video else '.png'
    path = args.out or f'{cfg.work_dir}/browse_{args.split}{suffix}'
    if args.video:
        write_slow_video(path, clip_video(views, layout))
    else:
        write_picture(path, contact_sheet(views, layout))
    for view in views:
        print(view.caption)
    print(f'{count} of {len(dataset)} clips: {path}')
    root = [] if args.data_root is None else ['--data-root', args.data_root]
    cli.next_step('train.py', args.config, *root)


if __name__ == '__main__':
    cli.run(main)
