"""Says whether this Python's environment can run the project, and which command mends it if not.

Exit code 1 if something is missing or known not to work; versions other than those that were run
are called untested. Needs nothing installed.
"""
import runpy
from pathlib import Path

# By its path: importing it from the package would import MMAction2.
runpy.run_path(
    str(Path(__file__).resolve().parents[1] / 'mmaction_d3d' / 'environment.py'),
    run_name='__main__')
