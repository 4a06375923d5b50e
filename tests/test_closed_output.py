"""A command whose output is closed at its other end, as by ``| head -1``, ends without a word."""
import os
import subprocess
import sys

import pytest
from running import ROOT

CODE = f"""
import logging, runpy, sys
module = runpy.run_path({str(ROOT / 'mmaction_d3d' / 'closed_output.py')!r})
with module['ends_quietly']():
"""
PRINTS = CODE + """
    for number in range(100_000):
        print(number)
    print('not stopped', file=sys.stderr)
"""
LOGS = CODE + """
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format='%(message)s')
    for number in range(100_000):
        logging.info(number)
    print('not stopped', file=sys.stderr)
"""


def start(arguments, stdout, unbuffered):
    """Start a Python that finds nothing that is installed."""
    return subprocess.Popen([sys.executable, '-S', *arguments], stdout=stdout,
                            stderr=subprocess.PIPE, text=True,
                            env=dict(os.environ, PYTHONUNBUFFERED=unbuffered))


def run(*arguments, unbuffered=''):
    """Run it with an output that is closed from the start; give exit code and stderr."""
    reader, writer = os.pipe()
    os.close(reader)
    process = start(arguments, writer, unbuffered)
    os.close(writer)
    _, err = process.communicate()
    return process.returncode, err


@pytest.mark.parametrize('unbuffered', ['', '1'])
@pytest.mark.parametrize(
    'words, codes',
    [
        ('d3d_command.py', {141}),
        ('d3d_command.py --version', {141}),
        ('d3d_command.py completion', {141, 2}),  # a mistake: it is known, or told, before
        ('tools/check_env.py', {141, 1}),  # likewise
        ('d3d_command.py check-env --help', {141, 0}),  # argparse passes over it
    ])
def test_commands_and_tools_end_quietly(words, codes, unbuffered):
    name, *words = words.split()
    code, err = run(ROOT / name, *words, unbuffered=unbuffered)
    assert code in codes and err == ''


@pytest.mark.parametrize('unbuffered', ['', '1'])
@pytest.mark.parametrize('script', [PRINTS, LOGS], ids=['prints', 'logs'])
def test_a_listing_ends_where_its_reader_does(script, unbuffered):
    process = start(['-c', script], subprocess.PIPE, unbuffered)
    assert process.stdout.readline() == '0\n'
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == ('', 141)


def test_a_mistake_is_still_said():
    code, err = run(ROOT / 'd3d_command.py', 'trian')
    assert code == 2 and err.startswith('error: command line: COMMAND: found trian')


def test_what_else_is_closed_keeps_its_traceback():
    process = start(['-c', CODE + "    print('said')\n    raise BrokenPipeError('a worker')"],
                    subprocess.PIPE, '')
    out, err = process.communicate()
    assert process.returncode == 1 and out == 'said\n' and 'BrokenPipeError: a worker' in err
