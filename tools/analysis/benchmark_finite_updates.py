"""Measures what the check for finite numbers adds to a training step.

Steps with MMEngine's ``OptimWrapper`` and with ours take turns; one line of figures.
"""
import argparse
import time
from statistics import median

import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.optim import OptimWrapper
from mmengine.registry import init_default_scope
from torch import nn

from mmaction_d3d import cli
from mmaction_d3d.engine import read_config
from mmaction_d3d.engine.optim_wrapper import FiniteOptimWrapper
from mmaction_d3d.evaluation.clip_shapes import clip_shapes


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = cli.Parser(description=__doc__.partition('\n')[0])
    parser.add_argument('config', help='config file')
    parser.add_argument('--batch-size', type=cli.number(least=1), default=2)
    parser.add_argument('--steps', type=cli.number(least=1), default=10, help='steps a turn')
    parser.add_argument('--repeats', type=cli.number(least=1), default=5, help='turns of each')
    return parser.parse_args(argv)


def seconds(model: nn.Module, wrapper: OptimWrapper, batch: dict, steps: int) -> float:
    """Train for some steps, reading the loss at each as the runner does; seconds a step."""
    # Without a GPU the time of this process alone: others may share the CPUs.
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    start = clock()
    for _ in range(steps):
        model.train_step(batch, wrapper)['loss'].item()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return (clock() - start) / steps


def main(argv: list[str] | None = None) -> None:
    """Measure as the command line says."""
    args = parse_args(argv)
    cfg = read_config(args.config)
    init_default_scope('mmaction')
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    model = MODELS.build(cfg.model).to(device).train()
    shapes = clip_shapes(cfg)
    samples = [ActionDataSample().set_gt_label(0) for _ in range(args.batch_size)]
    batch = dict(
        inputs={key: list(torch.rand(args.batch_size, 1, *shape)) for key, shape in shapes.items()},
        data_samples=samples)
    for name, clip_grad in (('with clip_grad', dict(max_norm=1.)), ('without clip_grad', None)):
        wrappers = [
            kind(torch.optim.AdamW(model.parameters(), lr=1e-6), clip_grad=clip_grad
                 and dict(clip_grad)) for kind in (OptimWrapper, FiniteOptimWrapper)
        ]
        for wrapper in wrappers:  # warm up
            seconds(model, wrapper, batch, 2)
        turns = [[seconds(model, wrapper, batch, args.steps) for wrapper in wrappers]
                 for _ in range(args.repeats)]
        ratios = [ours / theirs for theirs, ours in turns]
        print(f'{name}: ratio {median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}), '
              f'{median(theirs for theirs, _ in turns) * 1000:.1f} ms a step without the check, '
              f'on {torch.cuda.get_device_name() if device == "cuda" else "CPU"}')


if __name__ == '__main__':
    cli.run(main)
