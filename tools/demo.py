"""Serves a page that recognizes dropped videos: python tools/demo.py [--checkpoint K]."""
import argparse
import threading
from contextlib import suppress

from mmaction_d3d import cli
from mmaction_d3d.demo.answers import CHECKPOINT
from mmaction_d3d.demo.page import HOST, PORT, serve


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = cli.Parser(description='Serves a page in which a video, dropped or filmed, is '
                        'recognized: label, skeleton, attention, joints.')
    parser.add_argument('--checkpoint', default=CHECKPOINT,
                        help='checkpoint, a file or URL (default: %(default)s)')
    parser.add_argument(
        '--host', default=HOST, help='address to listen at; 0.0.0.0 lets all of '
        'the network in (default: %(default)s)')
    parser.add_argument('--port', type=cli.number(least=0, most=65535), default=PORT,
                        help='0 for any that is free (default: %(default)s)')
    parser.add_argument('--device', help='such as cuda:0 or cpu (default: a GPU where one is)')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Serve until Ctrl-C."""
    args = parse_args(argv)
    with serve(args.checkpoint, args.host, args.port, args.device) as address:
        print(f'In a browser: {address} (Ctrl-C ends it)', flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == '__main__':
    cli.run(main)
