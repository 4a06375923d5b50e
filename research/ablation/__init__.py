"""The paper's tables and figures as studies that can be run on any data."""
from .report import write_page, write_report
from .results import Results
from .scheduler import Job, Run, Scheduler
from .settings import plain_settings, read_config, run_settings, training_settings
from .studies import STUDIES

__all__ = [
    'STUDIES', 'Job', 'Results', 'Run', 'Scheduler', 'plain_settings', 'read_config',
    'run_settings', 'training_settings', 'write_page', 'write_report'
]
