"""Says whether this Python's environment can run the project, and which command mends it if not.

Exit code 1 if something is missing or known not to work; versions other than those that were run
are called untested. Needs nothing installed.
"""
import sys
from pathlib import Path
from types import ModuleType

# The package's folder without its __init__, which would import MMAction2.
package = ModuleType('mmaction_d3d')
root = Path(__file__).resolve().parents[1]
package.__path__ = [str(root.parent if root.name == '.mim' else root / 'mmaction_d3d')]
sys.modules.setdefault('mmaction_d3d', package)

from mmaction_d3d import cli, environment  # noqa: E402


def parse_args(argv=None):
    """Read the command line."""
    return cli.Parser(description=__doc__.partition('\n')[0]).parse_args(argv)


def main():
    """Print what the environment holds."""
    parse_args()
    code = environment.main()
    if code:
        sys.exit(code)
    cli.next_step('quickstart.py')


if __name__ == '__main__':
    cli.run(main)
