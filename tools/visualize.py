"""Draws what a trained model looks at: python tools/visualize.py CONFIG CHECKPOINT [--clips NAME ...]."""
import argparse
import os.path as osp

from mmengine.dataset import BaseDataset
from mmengine.utils import mkdir_or_exist

from mmaction_d3d import cli
from mmaction_d3d.engine import add_shared_arguments, build_runner, check_checkpoint, load_config
from mmaction_d3d.errors import InputError
from mmaction_d3d.visualization import explain_clip


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description='Predicts clips of the test split and draws their attention.')
    add_shared_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument(
        '--clips', nargs='+', metavar='NAME',
        help='clips by their frame_dir or filename (default: the first --count of the split)')
    parser.add_argument('--count', type=int, default=4, help='clips to draw (default: 4)')
    parser.add_argument(
        '--out-dir', metavar='DIR', help='folder for the pictures (default: WORK_DIR/attention)')
    return parser.parse_args(argv)


def find_clips(dataset: BaseDataset, names):
    """Indices of the clips with these names.

    Raises:
        InputError: A name is none of the split's.
    """
    index = {}
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        for key in ('frame_dir', 'filename'):
            if key in info:
                index[osp.basename(str(info[key]))] = i
    missing = [name for name in names if name not in index]
    if missing:
        raise InputError(dataset.ann_file, '--clips', missing[0],
                         f'a clip of the split {dataset.split}')
    return [index[name] for name in names]


def main(argv=None):
    """Draws as the command line says."""
    args = parse_args(argv)
    cfg = load_config(args)
    cfg.load_from = args.checkpoint
    runner = build_runner(cfg)
    check_checkpoint(args.checkpoint, runner.model)
    runner.load_checkpoint(args.checkpoint)
    dataset = runner.build_dataloader(cfg.test_dataloader).dataset
    clips = find_clips(dataset, args.clips) if args.clips else range(min(args.count, len(dataset)))
    out_dir = args.out_dir or osp.join(runner.work_dir, 'attention')
    mkdir_or_exist(out_dir)
    for index in clips:
        info = dataset.get_data_info(index)
        name = osp.splitext(osp.basename(str(info.get('frame_dir') or info['filename'])))[0]
        path = osp.join(out_dir, f'{name}.png')
        found = explain_clip(runner.model, dataset, index, path)
        runner.logger.info(f'{path}: class {found.label}, recognised as {found.prediction} '
                           f'({found.score:.1%})')


if __name__ == '__main__':
    cli.run(main)
