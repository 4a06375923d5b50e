"""Prints parameters and multiply-adds by part: python tools/analysis/get_flops.py CONFIG."""
import argparse
import resource

import torch
from mmengine.registry import init_default_scope

from mmaction.registry import MODELS
from mmaction_d3d import cli
from mmaction_d3d.engine import add_shared_arguments, load_config
from mmaction_d3d.evaluation.complexity import count_complexity


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(description='Counts what one clip costs.')
    add_shared_arguments(parser)
    parser.add_argument('--train-step', action='store_true',
                        help='also run forward and backward of one clip on the CPU and print the '
                        "process' peak memory")
    return parser.parse_args(argv)


def make_inputs(cfg):
    """One clip of noise in the shape that the config trains on."""
    transformer = cfg.model.backbone
    joints = transformer.num_person * transformer.num_joints
    frames, size = transformer.get('clip_len', 12), transformer.get('img_size', 224)
    keypoint = torch.rand(1, 1, frames, joints, 3)
    keypoint[..., :2] *= size
    return dict(imgs=torch.randn(1, 1, 3, frames, size, size), keypoint=keypoint)


def main(argv=None):
    """Prints the table."""
    args = parse_args(argv)
    cfg = load_config(args)
    init_default_scope(cfg.default_scope)
    model = MODELS.build(cfg.model)
    inputs = make_inputs(cfg)
    if args.train_step:
        # Before counting, which keeps more in memory.
        model(inputs, mode='tensor', stage='head').sum().backward()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    shape = ' x '.join(map(str, inputs['imgs'].shape[2:]))
    print(f'one clip, {shape}, {inputs["keypoint"].shape[3]} joint tokens a frame')
    print(f'{"part":<28}{"parameters":>12}{"GMACs":>10}')
    for name, part in count_complexity(model, inputs).items():
        print(f'{name:<28}{part.parameters:>12,}{part.macs / 1e9:>10.3f}')
    if args.train_step:
        print(f'peak memory of the process, forward and backward: {peak:.2f} GiB')


if __name__ == '__main__':
    cli.run(main)
