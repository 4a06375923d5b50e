"""Strips, hashes and names a checkpoint: python tools/publish.py CHECKPOINT --out DIR."""
import argparse
import re
from pathlib import Path

import yaml
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmaction_d3d import cli
from mmaction_d3d.errors import InputError
from mmaction_d3d.files import write_text
from mmaction_d3d.inference.loading import load_model
from mmaction_d3d.published import publish


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = cli.Parser(
        description='Writes the tensors of a checkpoint as safetensors, with classes, joints, '
        'sampling and the part of its config that inference needs as JSON in the file. State of '
        'the optimizer, logs and names of folders stay out.')
    parser.add_argument('checkpoint', help='checkpoint with its config in it')
    parser.add_argument('--out', required=True, metavar='DIR', help='folder to write to')
    parser.add_argument(
        '--name', help="how the file's name begins (default: that of the folder "
        'of the checkpoint)')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Publish, and read what was written."""
    args = parse_args(argv)
    name = args.name or Path(args.checkpoint).absolute().parent.name
    if not re.fullmatch(r'\w[\w.-]*', name):
        raise InputError('command line', '--name', name, 'letters, digits, dots and hyphens')
    init_default_scope('mmaction')
    model = load_model(args.checkpoint, device='cpu', fold_norms=False)
    if model.classes is None:
        raise InputError(args.checkpoint, 'classes', 'nothing', 'the names of the classes')
    text = Config(model.config.to_dict()).pretty_text
    about = dict(config=text, classes=model.classes, trained_on=model.trained_on)
    path = publish(model.network.state_dict(), about, args.out, name)
    load_model(path, device='cpu')  # it reads again
    entry = dict(Name=name, Weights=path.name, Metadata={'Training Data': model.trained_on})
    entry['In Collection'] = 'D3D'
    write_text(path.with_suffix('.yml'), yaml.safe_dump(dict(Models=[entry]), sort_keys=False))
    print(f'{path}: {path.stat().st_size / 2**20:.1f} MiB; its entry for a metafile: '
          f'{path.with_suffix(".yml")}')
    cli.next_step('infer.py', 'my.mp4', '--checkpoint', path)


if __name__ == '__main__':
    cli.run(main)
