"""Tools run in this process as from the command line, and the commands of a page."""
import os
import re
import runpy
import signal
import sys
from pathlib import Path
from unittest import mock

from mmengine.logging import MessageHub, MMLogger
from mmengine.visualization import Visualizer

ROOT = Path(__file__).resolve().parents[1]


def forget_runs():
    """Forget what an earlier run in this process left: a logger keeps its first folder."""
    for registry in (MMLogger, MessageHub, Visualizer, *Visualizer.__subclasses__()):
        registry._instance_dict.clear()


def listen_to_ctrl_c():
    """Let a process that a test starts hear SIGINT, which a shell's background does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_tool(name, *argv):
    """Run a script of the project, such as ``tools/infer.py``; return its exit code."""
    forget_runs()
    # MMEngine lays out the config it logs and saves: most of a short run's time.
    with mock.patch.object(sys, 'argv',
                           [name, *map(str, argv)]), mock.patch.dict(os.environ), (mock.patch(
                               'mmengine.config.config.FormatCode', lambda text, **style:
                               (text, True))):
        try:
            runpy.run_path(str(ROOT / name), run_name='__main__')
        except SystemExit as stop:
            return stop.code or 0
    return 0


def page_blocks(page, language='bash'):
    """The blocks of a language in a page of ``docs``."""
    text = (ROOT / 'docs' / page).read_text()
    return re.findall(rf'^```{language}\n(.*?)^```', text, re.M | re.S)


def page_commands(page):
    """The lines of a page's bash blocks."""
    return [line for block in page_blocks(page) for line in block.splitlines()]
