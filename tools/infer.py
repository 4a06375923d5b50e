"""Recognises videos: python tools/infer.py INPUT... [--out DIR], or --live SOURCE."""
import importlib.util
import sys

from mmaction_d3d import cli
from mmaction_d3d.checkpoint_files import newest_best
from mmaction_d3d.datasets.modality import MODALITIES
from mmaction_d3d.engine.precision import TYPES
from mmaction_d3d.errors import InputError
from mmaction_d3d.extraction import BACKENDS, SkeletonExtractor, first_backend
from mmaction_d3d.inference import D3DInferencer
from mmaction_d3d.inference.live.command import (
    add_live_arguments,
    check_live_arguments,
    run_live,
)
from mmaction_d3d.inference.load import MOST_PEOPLE
from mmaction_d3d.inference.loading import COMPILE_MODES
from mmaction_d3d.inference.result import table, write_csv
from mmaction_d3d.media import DEFAULT_FPS


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='Recognises what people do in videos, and draws what the answer rests on.')
    parser.add_argument('inputs', nargs='*', metavar='INPUT',
                        help='video, frame folder, directory of them, or glob')
    parser.add_argument(
        '--config', help="config file of the model (default: the checkpoint's own, of which no "
        'code is run)')
    parser.add_argument(
        '--checkpoint', help='checkpoint, a file or URL (default: the newest '
        'work_dirs/*/best.pth)')
    parser.add_argument('--out', metavar='DIR',
                        help='folder for JSON and annotated videos (default: none are written)')
    parser.add_argument('--skeletons', metavar='X.pkl',
                        help='annotation pickle (default: skeletons are extracted)')
    parser.add_argument(
        '--backend', choices=BACKENDS,
        help='what extracts skeletons: mmpose finds one person a frame where there is no mmdet; '
        'boxes and detectors are for d3d extract (default: the first that is '
        'installed and has its weights, such as mediapipe, else mmpose)')
    parser.add_argument(
        '--pose-config', metavar='C',
        help="its mmpose config: a file, or mmpose::NAME of mmpose's own "
        '(default: HRNet-W32, COCO, 256x192); with --backend onnx the name of its joints')
    parser.add_argument('--pose-checkpoint', metavar='P', help='its weights, file or URL')
    parser.add_argument('--batch-size', type=cli.number(least=1), default=8, metavar='N',
                        help='clips that go through the model at once (default: 8)')
    parser.add_argument('--device', help='such as cuda:0 or cpu (default: a GPU where one is)')
    parser.add_argument(
        '--compile', choices=COMPILE_MODES, metavar='MODE',
        help='compile the network by torch.compile, which pays for many clips: '
        f'{", ".join(COMPILE_MODES)} (default: it runs as it is)')
    parser.add_argument(
        '--dtype', choices=TYPES, default='float32',
        help='type that scores are computed in: bfloat16 is faster on processors that have it, and '
        'scores differ a little (default: %(default)s)')
    parser.add_argument('--topk', type=cli.number(least=1), default=5, metavar='K',
                        help='classes in an answer (default: 5)')
    parser.add_argument(
        '--modality', choices=MODALITIES,
        help='what the model is given: rgb needs no skeletons; pose needs no videos where INPUT is '
        'the pickle of skeletons (default: what it was trained on)')
    parser.add_argument(
        '--per-person', action='store_true',
        help='a label for each person, too, whose skeleton alone the model gets then')
    parser.add_argument('--fps', type=cli.number(float, above=0), default=DEFAULT_FPS,
                        help='of frame folders (default: %(default)s)')
    parser.add_argument('--no-video', action='store_true', help='write no annotated videos')
    parser.add_argument('--no-attention', action='store_true',
                        help='draw no attention on them, which takes a second pass of the model')
    _add_window_arguments(parser)
    add_live_arguments(parser)
    args = parser.parse_args(argv)
    check_live_arguments(args)
    if args.live is None:
        _check_args(parser, args)
    return args


def _add_window_arguments(parser):
    group = parser.add_argument_group('long videos')
    group.add_argument('--window', type=cli.number(float, above=0), metavar='SECONDS',
                       help='recognise a video window by window (default: as one clip)')
    group.add_argument('--stride', type=cli.number(float, above=0), metavar='SECONDS',
                       help='from one window to the next (default: half a window)')
    group.add_argument('--smooth', type=cli.number(float, above=0), metavar='SECONDS',
                       help='over which scores are averaged (default: a window)')
    group.add_argument(
        '--share-features', action='store_true',
        help='windows of a batch share the features of frames that they all show: faster; window '
        'and stride are rounded, and scores differ a little')


def _check_args(parser, args):
    if not args.inputs:
        parser.error('the following arguments are required: INPUT')
    if args.window is None and (args.stride is not None or args.smooth is not None
                                or args.share_features):
        raise InputError('command line', '--window', 'nothing',
                         'seconds, with --stride, --smooth or --share-features')
    unused = ('--skeletons' if args.skeletons is not None else
              '--modality rgb' if args.modality == 'rgb' else None)
    for flag, value in (('--backend', args.backend), ('--pose-config', args.pose_config),
                        ('--pose-checkpoint', args.pose_checkpoint)):
        if unused is not None and value is not None:
            raise InputError('command line', flag, unused,
                             'one of both: no skeletons are extracted then')


def find_backend(args):
    """Return what extracts skeletons, as the command line says."""
    if args.backend is not None:
        return args.backend
    if args.pose_config is None and args.pose_checkpoint is None:
        try:
            return first_backend(args.device)
        except InputError:
            if importlib.util.find_spec('mmpose') is None:
                raise
    return 'mmpose'


def main(argv=None):
    """Recognises as the command line says; exit code 1 where one of several files failed."""
    args = parse_args(argv)
    if args.checkpoint is None:
        args.checkpoint = newest_best()
        print(f'Checkpoint: {args.checkpoint}')

    def make_extractor():
        return SkeletonExtractor(find_backend(args), args.pose_config, args.pose_checkpoint,
                                 max_persons=MOST_PEOPLE if args.per_person else 2,
                                 device=args.device)

    if args.live is not None:
        run_live(args, make_extractor)
        return
    if args.modality == 'pose' and args.skeletons is None and args.inputs[0].endswith('.pkl'):
        args.skeletons = args.inputs[0]
    inferencer = D3DInferencer(args.config, args.checkpoint, args.device, args.skeletons,
                               compile_mode=args.compile, modality=args.modality, dtype=args.dtype)
    if args.skeletons is None and inferencer.modality != 'rgb':
        inferencer.extract_with(make_extractor())
    results = inferencer(args.inputs, batch_size=args.batch_size, out_dir=args.out,
                         video=not args.no_video, attention=not args.no_attention, topk=args.topk,
                         fps=args.fps, window=args.window, stride=args.stride, smooth=args.smooth,
                         per_person=args.per_person,
                         share_features=args.share_features)['predictions']
    if len(results) == 1 and 'error' in results[0]:
        raise InputError(results[0]['error'])
    if len(results) > 1 and args.out is not None:
        write_csv(f'{args.out}/results.csv', results)
    print('\n'.join(table(results)))
    if args.out is not None:
        print(f'Results: {args.out}')
    if any('error' in result for result in results):
        sys.exit(1)
    if args.out is None:
        cli.next_step('infer.py', *(sys.argv[1:] if argv is None else argv), '--out', 'results')
    else:
        config = [] if args.config is None else ['--config', args.config]
        cli.next_step('export.py', args.checkpoint, *config)


if __name__ == '__main__':
    cli.run(main)
