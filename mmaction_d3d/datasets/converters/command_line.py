"""What the converters' command lines share: their flags, skeletons from elsewhere, and the end."""
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from ... import cli
from ...drop_report import DropReport
from ...errors import InputError
from ...skeletons import LAYOUTS
from ..annotations import Annotation, Content
from ..checking import MEANING, NAMED, REFUSED, check_joints, use_of
from ..splits import write_annotations
from .attach import attach_skeletons
from .importers import IMPORTERS
from .next_step import next_command
from .skeleton_files import ASK


def add_converter_arguments(parser: ArgumentParser, num_person: int) -> None:
    """Add the flags of every converter: the output, processes, and skeletons of another tool.

    Args:
        parser: The parser.
        num_person: People kept by default.
    """
    parser.add_argument('--out', required=True, metavar='X.pkl', help='the pickle to write')
    parser.add_argument('--workers', type=cli.number(least=1), metavar='N',
                        help='processes (default: one for each CPU)')
    parser.add_argument('--skeletons', metavar='PATH',
                        help='file or folder of skeletons that another tool wrote')
    parser.add_argument('--format', choices=IMPORTERS, help='what wrote them')
    parser.add_argument(ASK, choices=LAYOUTS,
                        help='what their joints are, where the files do not say')
    parser.add_argument('--layout', choices=LAYOUTS, default='coco17',
                        help='joints to convert them to (default: %(default)s)')
    parser.add_argument('--num-person', type=cli.number(least=1), default=num_person, metavar='M',
                        help='people kept of them (default: %(default)s)')


def add_shard_argument(parser: ArgumentParser) -> None:
    """Add the flag of a converter that writes videos, which several machines may share."""
    parser.add_argument('--shard', type=cli.Shard.parse, metavar='I/N',
                        help='only write every Nth video, the Ith, '
                        'and no pickle: for d3d many')


def convert(read: Callable[[Namespace, DropReport], Content], args: Namespace, spread: bool = False,
            media: str | Path | None = None) -> None:
    """Read a data set and write its pickle, with skeletons from elsewhere where they are named.

    Args:
        read: The one function to write for a data set. It takes the command line and a report,
            which gets what it leaves out, and returns ``dict(annotations=, split=, classes=)``.
        args: With the flags of :func:`add_converter_arguments`.
        spread: As for :func:`attach_skeletons`.
        media: Folder of its videos, or of its folders of frames, for the command that follows.
            Defaults to None: ``videos`` beside the pickle.

    Raises:
        InputError: What is read cannot be used.
    """
    report = DropReport()
    content = attach_named_skeletons(read(args, report), args, report, spread)
    finish(content, args.out, report)
    say_next(content, str(media or Path(args.out).parent / 'videos'), args.out, args.num_person)


def attach_named_skeletons(content: Content, args: Namespace, report: DropReport,
                           spread: bool = False) -> Content:
    """Attach the skeletons that the command line names; splits lose clips without any.

    Args:
        content: ``dict(annotations=, split=, ...)``.
        args: With the flags of :func:`add_converter_arguments`.
        report: Gets what was left out or changed.
        spread: As for :func:`attach_skeletons`.

    Returns:
        A new ``content``; the same one without ``--skeletons``.

    Raises:
        InputError: ``--format`` is missing, or without skeletons, or these cannot be used.
    """
    if args.skeletons is None:
        for flag, value in (('--format', args.format), (ASK, args.source_layout)):
            if value is not None:
                raise InputError('command line', flag, 'no --skeletons', 'both')
        return content
    if args.format is None:
        raise InputError('command line', '--format', 'nothing',
                         f'what wrote --skeletons: {", ".join(IMPORTERS)}')
    annotations = attach_skeletons(content['annotations'], args.skeletons, args.format, args.layout,
                                   args.num_person, report, spread, args.source_layout)
    return keep_clips(content, annotations) | Content(layout=args.layout)


def keep_clips(content: Content, annotations: list[Annotation]) -> Content:
    """Return ``content`` with these annotations alone, and splits of their names."""
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

    Raises:
        InputError: No clip's joints can be used.
    """
    content = _apply_rules(content, out, report)
    write_annotations(out, content)
    report.say()
    if report.counts():
        report.write(f'{out}.report.csv')
        print(f'every name: {out}.report.csv')
    splits = ', '.join(f'{name} {len(clips)}' for name, clips in content['split'].items())
    number = len(content.get('classes') or ()) or 'numbered'
    print(f'{out}: {len(content["annotations"])} clips ({splits}), {number} classes')
    if not all('keypoint' in annotation for annotation in content['annotations']):
        print('no skeletons yet: extract them, or give --skeletons')


def say_next(content: Content, root: str, out: str, num_person: int | None = None) -> None:
    """Name the command that follows, where there is one; arguments of :func:`next_command`."""
    command = next_command(content, root, out, num_person)
    if command is not None:
        cli.next_step(*command)


def _apply_rules(content: Content, out: str, report: DropReport) -> Content:
    """Leave out clips whose joints a training would refuse, by the rules of check_dataset.py."""
    usable, refused = [], []
    for annotation in content['annotations']:
        findings = check_joints(annotation) if 'keypoint' in annotation else []
        stops = [finding for finding in findings if use_of(finding.kind) == REFUSED]
        for finding in stops or findings:
            if stops or use_of(finding.kind) == NAMED:
                fate = ': left out' if stops else MEANING.get(finding.kind, '')
                report.add(f'{finding.kind}{fate}', f'{finding.name}: {finding.found}')
        refused += stops
        if not stops:
            usable.append(annotation)
    if refused and not usable:
        first = refused[0]
        raise InputError(out, f'{first.name}.{first.field}', f'{first.kind}: {first.found}, as in '
                         f'all {len(refused)} clips', first.want)
    return keep_clips(content, usable) if refused else content
