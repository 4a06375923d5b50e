"""Draws what a trained model looks at and what a run gave: python tools/visualize.py COMMAND ..."""
import sys
from pathlib import Path

from mmengine.dataset import BaseDataset

from mmaction_d3d import cli
from mmaction_d3d.datasets.splits import spread_over_classes
from mmaction_d3d.engine import add_shared_arguments, load_config, load_trained, read_config
from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.attention_maps import DeformableMaps, Selection
from mmaction_d3d.evaluation.explain import explain_clip
from mmaction_d3d.evaluation.faithfulness import KINDS, deletion_test, write_csv
from mmaction_d3d.evaluation.position_bias import bias_lines, position_bias
from mmaction_d3d.files import is_file, write_text
from mmaction_d3d.media import write_slow_video
from mmaction_d3d.visualization import all_pictures, write_picture
from mmaction_d3d.visualization.deletion_curves import deletion_curves
from mmaction_d3d.visualization.run_report import draw_run


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(description='Draws what a model looks at, or a run.')
    commands = parser.add_subparsers(dest='command', required=True)
    for picture in _pictures(argv).values():
        command = commands.add_parser(picture.name, help=picture.says,
                                      description=f'Draws {picture.says}.')
        _add_clip_arguments(command, picture)
    says = 'whether the true class suffers more where more attended input is deleted'
    faithfulness = commands.add_parser('faithfulness', help=says, description=f'Tests {says}.')
    add_shared_arguments(faithfulness)
    faithfulness.add_argument('checkpoint', help='checkpoint file')
    _add_selection(faithfulness, ('head', 'query', 'frame'))
    faithfulness.add_argument('--delete', nargs='+', choices=KINDS, default=list(KINDS),
                              help='what to delete (default: each in turn)')
    faithfulness.add_argument('--shares', nargs='+', type=cli.number(float, above=0, most=1),
                              metavar='SHARE', default=[0.1, 0.2, 0.4, 0.6, 0.8],
                              help='shares to delete (default: 0.1 to 0.8)')
    faithfulness.add_argument('--count', type=cli.number(least=1),
                              help='clips of the split (default: all)')
    faithfulness.add_argument('--seed', type=cli.number(least=0), default=0,
                              help='of the random order (default: 0)')
    faithfulness.add_argument('--out-dir', metavar='DIR',
                              help='folder for CSV and plot (default: WORK_DIR/faithfulness)')
    says = 'confusion, accuracy by class, embedding, worst mistakes and training curves of a run'
    run = commands.add_parser('run', help=says, description=f'Draws {says}.')
    run.add_argument('folder', metavar='WORK_DIR', help='work directory of train.py and test.py')
    run.add_argument(
        '--dump', metavar='FILE.npz', help='what test.py --dump wrote beside its '
        'pickle (default: the newest in WORK_DIR)')
    run.add_argument('--mistakes', type=cli.number(least=1), default=12,
                     help='mistakes to show (default: 12)')
    run.add_argument('--out-dir', metavar='DIR',
                     help='folder for the pictures (default: WORK_DIR/run)')
    return parser.parse_args(argv)


def _pictures(argv):
    """Return the registered pictures.

    A command that is none may come from the config's ``custom_imports``.
    """
    command, config = ([*(sys.argv[1:] if argv is None else argv), '', ''])[:2]
    if command not in all_pictures() and is_file(config) and config.endswith('.py'):
        read_config(config)
    return all_pictures()


def _add_clip_arguments(parser, picture):
    """Arguments of the commands that draw clips."""
    add_shared_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument(
        '--clips', nargs='+', metavar='NAME', help='clips by their frame_dir or filename '
        '(default: --count of the split, over its classes)')
    parser.add_argument('--count', type=cli.number(least=1), default=4,
                        help='clips to draw (default: 4)')
    _add_selection(parser, picture.selects)
    for name, settings in picture.options.items():
        parser.add_argument(f'--{name.replace("_", "-")}', dest=name, **settings)
    if picture.video is not None:
        parser.add_argument('--video', action='store_true',
                            help='write an mp4 (H.264) beside the sheet, too')
    parser.add_argument('--out-dir', metavar='DIR',
                        help=f'folder for the pictures (default: WORK_DIR/{picture.name})')
    parser.set_defaults(picture=picture)


def _add_selection(parser, selects):
    """Which attention to show."""
    parser.add_argument('--block', type=int, default=-1,
                        help='block, from 0; negative ones from the end (default: the last)')
    if 'head' in selects:
        parser.add_argument('--head', type=int, help='head, from 0 (default: their mean)')
    if 'query' in selects:
        parser.add_argument('--query', choices=['rgb', 'cls'],
                            help='queries M_RGB or M_CLS (default: the mean of both)')
    if 'frame' in selects:
        parser.add_argument('--query-frame', type=int, metavar='T',
                            help='queries of this frame, from 0 (default: the mean of all)')


def selection_of(args):
    """Return the attention that the command line selects."""
    return Selection(args.block,
                     *(getattr(args, name, None) for name in ('head', 'query', 'query_frame')))


def find_clips(dataset: BaseDataset, names):
    """Return the indices of the clips with these names.

    Raises:
        InputError: A name is none of the split's.
    """
    index = {}
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        for key in ('frame_dir', 'filename'):
            if key in info:
                index[Path(str(info[key])).name] = i
    missing = [name for name in names if name not in index]
    if missing:
        raise InputError(dataset.ann_file, '--clips', missing[0],
                         f'a clip of the split {dataset.split}')
    return [index[name] for name in names]


def draw_clips(args):
    """Return a registered picture of each clip."""
    picture = args.picture
    options = {name: getattr(args, name) for name in picture.options}
    runner, dataset = load_trained(load_config(args), args.checkpoint)
    if args.clips:
        clips = find_clips(dataset, args.clips)
    else:
        labels = [dataset.get_data_info(i)['label'] for i in range(len(dataset))]
        clips = spread_over_classes(labels, args.count)
    out_dir = args.out_dir or Path(runner.work_dir, args.command)
    for index in clips:
        explained = explain_clip(runner.model, dataset, index, selection_of(args))
        name = Path(out_dir, Path(explained.name).stem)
        figure = picture.draw(explained, **options)
        if picture.video is not None and args.video:
            write_slow_video(f'{name}.mp4', picture.video(explained))
        write_picture(f'{name}.png', figure)
        maps = explained.maps.get(DeformableMaps)
        share = '' if maps is None else f'; modal tokens {maps.modal:.1%}'
        runner.logger.info(
            f'{name}.png: class {explained.label}, recognised as {explained.prediction} '
            f'({explained.score:.1%}){share}')


def test_faithfulness(args):
    """``faithfulness``."""
    runner, dataset = load_trained(load_config(args), args.checkpoint)
    out_dir = Path(args.out_dir or Path(runner.work_dir, 'faithfulness'))
    count = min(args.count or len(dataset), len(dataset))
    selection = selection_of(args)
    if runner.model.backbone.recording(DeformableMaps) is not None:
        lines = bias_lines(position_bias(runner.model, dataset, range(count), selection))
        write_text(out_dir / 'columns.csv', '\n'.join([*lines, '']))
    rows = deletion_test(runner.model, dataset, range(count), args.delete, sorted(args.shares),
                         selection, args.seed)
    write_csv(out_dir / 'deletion.csv', rows)
    write_picture(out_dir / 'deletion.png', deletion_curves(rows))
    for row in rows:
        runner.logger.info(row.line())
    runner.logger.info(f'{count} clips: {out_dir / "deletion.csv"} and .png')


def main(argv=None):
    """Draw as the command line says."""
    args = parse_args(argv)
    if args.command == 'faithfulness':
        test_faithfulness(args)
    elif args.command == 'run':
        pictures = draw_run(args.folder, args.dump, args.mistakes)
        for name, picture in pictures.items():
            path = Path(args.out_dir or Path(args.folder, 'run'), f'{name}.png')
            write_picture(path, picture)
            print(path)
        cli.next_step('report.py', args.folder)
        return
    else:
        draw_clips(args)
    cli.next_step('infer.py', 'my.mp4', '--checkpoint', args.checkpoint)


if __name__ == '__main__':
    cli.run(main)
