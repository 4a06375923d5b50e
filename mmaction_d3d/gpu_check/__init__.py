"""What a GPU owner wants to know of a machine: is it right there, does it run, how fast is it."""
from . import environment, exactness, precision, runs, speed  # noqa: F401
from .checks import CHECKS, run_checks, selected, table
from .context import SIZES, Context

__all__ = ['CHECKS', 'SIZES', 'Context', 'run_checks', 'selected', 'table']
