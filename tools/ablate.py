"""Runs a study of the paper's tables and figures: python tools/ablate.py table4 --seeds 0 1 2."""
import sys
from pathlib import Path

from mmaction_d3d import cli

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from research.ablate import main, parse_args  # noqa: F401

if __name__ == '__main__':
    cli.run(main)
