"""What the converters' command lines share: flags for skeletons from elsewhere, and the end."""
# missing import of ArgumentParser
import argparse

from ... import cli
from ...errors import InputError
from ...files import write_pickle
from ...skeletons import LAYOUTS
from ..annotations import Content
from .attach import attach_skeletons
from .common import DropReport
from .importers import IMPORTERS


def add_skeleton_arguments(parser: argparse.ArgumentParser, num_person: int) -> None:
    """Add the flags that name skeletons of another tool.

    Args:
        parser: The parser.
        num_person: People kept by default.
    """
    parser.add_argument('--skeletons', metavar='PATH',
                        help='file or folder of skeletons that another tool wrote')
    parser.add_argument('--format', choices=IMPORTERS, help='what wrote them')
    parser.add_argument('--layout', choices=LAYOUTS, default='coco17',
                        help='joints to convert them to (default: %(default)s)')
    parser.add_argument('--num-person', type=cli.number(least=1), default=num_person, metavar='M',
                        help='people kept of them (default: %(default)s)')


def attach_named_skeletons(content: Content, args: argparse.Namespace, report: DropReport,
                           spread: bool = False) -> Content:
    """Attaches the skeletons that the command line names; splits lose clips without any.

    Args:
        content: ``dict(annotations=, split=, ...)``.
        args: With the flags of :func:`add_skeleton_arguments`.
        report: Gets what was left out or changed.
        spread: As for :func:`attach_skeletons`.

    Returns:
        A new ``content``; the same one without ``--skeletons``.

    Raises:
        InputError: ``--format`` is missing, or the skeletons cannot be used.
    """
    if args.skeletons is None:
        return content
    if args.format is None:
        raise InputError('command line', '--format', 'nothing',
                         f'what wrote --skeletons: {", ".join(IMPORTERS)}')
    annotations = attach_skeletons(content['annotations'], args.skeletons, args.format, args.layout,
                                   args.num_person, report, spread)
    names = {annotation['frame_dir'] for annotation in annotations}
    split = {
        name: [clip for clip in clips if clip in names] for name, clips in content['split'].items()
    }
    return content | Content(annotations=annotations, split=split)


def finish(content: Content, out: str, report: DropReport) -> None:
    """Write the pickle and the report beside it, and print both in short.

    Args:
        content: ``dict(annotations=, split=, classes=)``, the last optional.
        out: The pickle; the report is ``out.report.csv``, where there is something to tell.
        report: What was left out or changed.
    """
    write_pickle(out, content)
    for line in report.lines():
        print(line)
    if report.counts():
        report.write(f'{out}.report.csv')
        print(f'every name: {out}.report.csv')
    splits = ', '.join(f'{name} {len(clips)}' for name, clips in content['split'].items())
    number = len(content.get('classes', ())) or 'numbered'
    print(f'{out}: {len(content["annotations"])} clips ({splits}), {number} classes')
