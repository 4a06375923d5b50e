"""torchrun for the dist_*.sh scripts, which ends as its processes do on a wrong input.

torchrun itself reports any failure by a summary of its own and exit code 1; here the mistake that
a process printed is the last line again, and the exit code is that process's 2. So is that of a
training that saved and ended because it was asked to.
"""
import signal
import sys

from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import parse_args, run

from mmaction_d3d.engine.stop_signals import STOPPED


def main():
    """Run torchrun's command line."""
    try:
        run(parse_args(None))
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        if failure.exitcode == STOPPED:
            sys.exit(STOPPED)
        if failure.exitcode < 0:
            print(
                f'error: distributed run: process {rank}: found its end by '
                f'{signal.Signals(-failure.exitcode).name} (number {failure.pid}), want one that '
                'lives (does a library crash? is there too little memory?)', file=sys.stderr)
            sys.exit(2)
        if failure.exitcode != 2:
            raise
        if isinstance(failure.message, dict) and 'line' in failure.message:
            print(f'error: {failure.message["line"]}', file=sys.stderr)  # of mmaction_d3d.cli.run
        sys.exit(2)


if __name__ == '__main__':
    main()
