"""``d3d infer --live``: its flags, and what it does."""
import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import torch
from mmengine.registry import init_default_scope

from ... import cli
from ...errors import InputError
from ...extraction import SkeletonExtractor
from ...skeletons import SkeletonLayout
from ..load import with_skeletons
from ..loading import load_model
from .people import people_of
from .recognize import LiveOptions, LiveView, recognize_live
from .serve import browser
from .show import Lines, Screen, draw, window
from .source import open_source

#: Flags by the name of a preset.
PRESETS = {'laptop': dict(window=2., stride=0.1, threads=1)}
#: Flags that are of files, and have no meaning here.
_OF_FILES = ('out', 'per_person', 'no_video', 'no_attention', 'share_features')


def add_live_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of live recognition to those of ``tools/infer.py``."""
    group = parser.add_argument_group('live')
    group.add_argument(
        '--live', metavar='SOURCE', help='in place of INPUT: the number of a camera, an address '
        '(rtsp://...), or a file, which is played at its own speed')
    group.add_argument(
        '--preset', choices=PRESETS, help='laptop: --window 2 --stride 0.1, the model on one '
        'core, as a second one reads and draws (default: --window 2 --stride 0.5, all cores)')
    group.add_argument('--show', action='store_true', help='in a window, too')
    group.add_argument('--serve', type=cli.number(least=0, most=65535), metavar='PORT',
                       help='for a browser on this machine, too; 0: any free port')


def check_live_arguments(args: argparse.Namespace) -> None:
    """Refuse flags that do not go together.

    Raises:
        InputError: A flag has no meaning with the others.
    """
    if args.live is None:
        for name in ('preset', 'show', 'serve'):
            if getattr(args, name) not in (None, False):
                raise InputError('command line', f'--{name}', 'no --live', 'it, with --live')
        return
    if args.inputs:
        raise InputError('command line', 'INPUT', args.inputs[0], 'none, with --live')
    for name in _OF_FILES:
        if getattr(args, name) not in (None, False):
            raise InputError('command line', f'--{name.replace("_", "-")}', 'it, with --live',
                             'it without --live: it is about files')


def run_live(args: argparse.Namespace, make_extractor: Callable[[], SkeletonExtractor]) -> None:
    """Recognize what is being filmed until it ends, or Ctrl-C is pressed.

    Args:
        args: The command line.
        make_extractor: Makes what finds skeletons, where no pickle is given.

    Raises:
        InputError: An argument cannot be used, or the source is lost.
    """
    preset = PRESETS.get(args.preset, {})
    lengths = {
        name: value for name in ('window', 'stride', 'smooth')
        if (value := getattr(args, name) or preset.get(name)) is not None
    }
    if 'threads' in preset:
        torch.set_num_threads(int(preset['threads']))
    options = LiveOptions(**lengths)
    init_default_scope('mmaction')
    model, origin = with_skeletons(
        load_model(args.checkpoint, args.config, args.device, args.compile, args.modality,
                   args.dtype), args.skeletons)
    source = open_source(args.live)
    extractor = None
    if origin is None and model.modality != 'rgb':
        extractor = make_extractor()
    people = people_of(source, extractor or origin, model)
    print(f'The model was trained on: {model.trained_on or "unknown data"}', flush=True)
    with ExitStack() as stack:
        screens: list[Screen] = []
        if args.show:
            screens.append(stack.enter_context(window()))
        if args.serve is not None:
            screens.append(stack.enter_context(browser(args.serve)))
        _watch(recognize_live(source, model, people, options), screens, model.layout, args.topk)


def _watch(views: Iterator[LiveView], screens: list[Screen], layout: SkeletonLayout,
           topk: int) -> None:
    """Show views until they end; Ctrl-C is how a camera's do."""
    lines, count, view, start = Lines(), 0, None, 0.
    try:
        for view in views:
            start = start or time.process_time()  # loading the model is behind us
            count += view.is_new
            lines(view)
            if screens:
                picture = draw(view, layout, topk)
                going_on = [screen(picture) for screen in screens]
                if not all(going_on):
                    break
    except KeyboardInterrupt:
        print('Stopped', flush=True)
    finally:
        if view is not None:
            spent = (time.process_time() - start) / max(count, 1)
            print(
                f'{view.seconds:.1f} s, {count} windows, {view.dropped} frames dropped, '
                f'{spent:.3f} s of processor time a window', flush=True)
