"""``python -m tests.hostile``: see :mod:`.campaign`."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.hostile.campaign import main

main()
