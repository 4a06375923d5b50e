"""Compares D3D with other models on real clips: python tools/real_clips.py --data-root DIR."""
import sys
from pathlib import Path

from mmaction_d3d import cli

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from research.real_clips.command import main, parse_args  # noqa: F401

if __name__ == '__main__':
    cli.run(main)
