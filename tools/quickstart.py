"""From nothing to a trained, tested and explained model: python tools/quickstart.py."""
import json
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import confusion_matrix

from mmaction_d3d import cli
from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.datasets.synthetic import generate
from mmaction_d3d.engine import add_shared_arguments, load_config, test, train
from mmaction_d3d.evaluation.baselines import single_frame_baseline, skeleton_baseline
from mmaction_d3d.evaluation.explain import explain_clip
from mmaction_d3d.evaluation.intervals import wilson_interval
from mmaction_d3d.evaluation.modality_check import SHORT, modality_check
from mmaction_d3d.evaluation.run_records import read_clips
from mmaction_d3d.visualization import write_picture
from mmaction_d3d.visualization.pictures.attention import attention_sheet
from mmaction_d3d.visualization.run_pictures import confusion

CONFIG = str(Path(__file__).resolve().parents[1] / 'configs' / 'd3d_quickstart.py')


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(description='Generates data, trains, tests and explains.',
                        usage='%(prog)s [options]')
    add_shared_arguments(parser)
    parser.set_defaults(data_root='data/synthetic', work_dir='work_dirs/quickstart')
    parser.add_argument('--seed', type=cli.number(least=0, most=2**32 - 1), default=0,
                        help='of the training (default: 0)')
    parser.add_argument('--num-train', type=cli.number(least=1), default=1200,
                        help='clips (default: %(default)s)')
    parser.add_argument('--num-val', type=cli.number(least=1), default=160,
                        help='clips (default: %(default)s)')
    parser.add_argument('--num-test', type=cli.number(least=1), default=240,
                        help='clips (default: %(default)s)')
    return parser.parse_args([CONFIG, *(sys.argv[1:] if argv is None else argv)])


def fit_baselines(runner):
    """Top-1 on test of logistic regression on skeletons and on single frames."""
    train_set, val_set, test_set = (runner.build_dataloader(
        runner.cfg[f'{split}_dataloader']).dataset for split in ('train', 'val', 'test'))
    return dict(skeleton_baseline=skeleton_baseline(train_set, val_set, test_set).top1,
                single_frame_baseline=single_frame_baseline(train_set, val_set, test_set).top1)


def report(result, matrix, classes):
    """Return the result as lines of text."""
    low, high = result['interval']
    width = max(map(len, classes))
    lines = [
        f'top-1 on {result["num_test"]} test clips   {result["top1"]:.3f}   '
        f'95 % interval {low:.3f} to {high:.3f}',
        f'  cap of skeletons alone         {result["caps"]["skeleton"]:.3f}   '
        f'fitted: {result["skeleton_baseline"]:.3f} (logistic regression)',
        f'  cap of frames alone            {result["caps"]["rgb"]:.3f}',
        f'  cap of a single frame          {result["caps"]["single_frame"]:.3f}   '
        f'fitted: {result["single_frame_baseline"]:.3f} (logistic regression)',
        *(f'  token search of block {number}       deviation ' +
          ', '.join(f'{axis} {value:.3f}' for axis, value in zip('xyz', block['deviation'])) +
          f'; saturated {block["saturated"]:.1%}, outside {block["outside"]:.1%}'
          for number, block in enumerate(result['offsets'])),
        'what the model uses: top-1 on the same clips with',
        *(f'  {row["condition"]:28} {row["top1"]:.3f}   95 % interval '
          '{:.3f} to {:.3f}   {}'.format(*row['interval'], row['meaning'])
          for row in result['modalities']),
        'confusion (rows: true class, columns: predicted, in the same order)'
    ]
    lines += [
        f'  {name:{width}} ' + ' '.join(f'{count:3d}' for count in row)
        for name, row in zip(classes, matrix)
    ]
    return lines


def pick_clip(labels, predictions, motions):
    """Index of the first rightly recognised clip of a moving hand, else 0."""
    still = motions.index('hold')
    objects = (labels.max() + 1) // len(motions)
    right = np.flatnonzero((labels == predictions) & (labels // objects != still))
    return int(right[0]) if len(right) else 0


def main(argv=None):
    """Run the whole chain."""
    args = parse_args(argv)
    start = time.time()
    ann_file = generate(args.data_root, num_train=args.num_train, num_val=args.num_val,
                        num_test=args.num_test)
    meta = safe_pickle.load(str(ann_file))
    cfg = load_config(args)
    cfg.randomness = dict(seed=args.seed)
    checkpoint, _ = train(cfg)

    def out(name):
        return str(Path(cfg.work_dir, name))

    cfg.custom_hooks = [
        *(cfg.get('custom_hooks') or ()),
        dict(type='DumpClipsHook', out_file=out('clips.npz'))
    ]
    runner, labels, predictions, offsets = test(cfg, checkpoint)
    correct = int((labels == predictions).sum())
    result = dict(top1=correct / len(labels), interval=wilson_interval(correct, len(labels)),
                  num_test=len(labels), seed=args.seed, checkpoint=checkpoint, caps=meta['caps'],
                  offsets=[block._asdict() for block in offsets], **fit_baselines(runner))
    scores = modality_check(runner.model, runner.test_dataloader.dataset,
                            cfg.test_dataloader.batch_size, names=SHORT)
    result['modalities'] = [
        dict(condition=score.condition, top1=score.top1, interval=score.interval,
             meaning=score.meaning) for score in scores
    ]
    result['minutes'] = round((time.time() - start) / 60, 1)
    matrix = confusion_matrix(labels, predictions, labels=range(len(meta['classes'])))
    write_picture(out('confusion.png'), confusion(read_clips(out('clips.npz'))))
    explained = explain_clip(runner.model, runner.test_dataloader.dataset,
                             pick_clip(labels, predictions, meta['motions']))
    write_picture(out('attention.png'), attention_sheet(explained))
    result_text = json.dumps(dict(result, confusion=matrix.tolist()), indent=1)
    Path(out('results.json')).write_text(result_text)
    for line in report(result, matrix, meta['classes']):
        runner.logger.info(line)
    runner.logger.info(f'{result["minutes"]} minutes. Results: {out("results.json")}, '
                       f'{out("confusion.png")}, {out("attention.png")}')
    cli.next_step('report.py', cfg.work_dir)


if __name__ == '__main__':
    cli.run(main)
