"""Tasks on many machines, by submitit's engine for this one: lost ones start again."""
import importlib.util
import shlex
import sys

import pytest
from running import ROOT, page_commands

from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.errors import InputError

# Writes a shard; at its first try shard 1 goes down with its machine, shard 2 alone.
STAND_IN = """
import os, pickle, signal, sys
from pathlib import Path
words = sys.argv
out, shard = (words[len(words) - words[::-1].index(flag)] for flag in ('--out', '--shard'))
number, total = map(int, shard.split('/'))
mark = Path(f'tried.{number}')
if not mark.exists():
    mark.touch()
    os.kill([os.getppid(), os.getpid()][number - 1], signal.SIGKILL)
path = Path(out)
path.parent.mkdir(exist_ok=True)
clip = dict(frame_dir=f'v{number}', total_frames=1)
path = path.with_name(f'part.{number}of{total}.pkl')
path.write_bytes(pickle.dumps(
    dict(annotations=[clip], layout='coco17', extraction=dict(backend='x', shard=[number, total]))))
path.with_name(path.name + '.report.csv').write_text(f'reason,name\\na small fault,v{number}\\n')
"""
# Says how it ends, once it has said that it was run.
QUEUE = """
import sys
open('runs', 'a').write(sys.argv[1])
sys.exit(f'wrong: {sys.argv[2]}' if sys.argv[2] == '1' else int(sys.argv[2]))
"""
EXTRACT, PREPARE, TRAIN = (command for command in page_commands('many_gpus.md')
                           if 'run_many' in command)
LOCAL = ['--engine', 'local', '--retries', '1']


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """The tool, at work in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location('run_many', ROOT / 'tools' / 'run_many.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(*words):
        monkeypatch.setattr(sys, 'argv', ['run_many.py', *map(str, words)])
        try:
            module.main()
        except SystemExit as end:
            return end.code
        return 0

    module.run = run
    return module


def extract_here(tool, monkeypatch, tmp_path):
    """Extract two videos as the page does, by the stand-in; return the pickle and the code."""
    words = shlex.split(EXTRACT)[2:]
    videos = tmp_path / words[words.index('--') + 1]
    videos.mkdir(parents=True)
    for name in 'ab':
        (videos / f'{name}.mp4').touch()
    (tmp_path / 'stand_in.py').write_text(STAND_IN)
    run_tasks = tool.run_tasks
    monkeypatch.setattr(
        tool, 'run_tasks',
        lambda commands, *others: run_tasks([[python, 'stand_in.py', *rest]
                                             for python, _, *rest in commands], *others))
    out = words[words.index('--out') + 1]
    return out, tool.run(words[0], *LOCAL, *words[1:])


def test_shards_that_are_lost_start_again_and_are_merged(tool, monkeypatch, tmp_path, capsys):
    out, code = extract_here(tool, monkeypatch, tmp_path)
    text = capsys.readouterr().out
    assert code == 0, text
    assert 'task 1 starts again: lost (' in text and 'task 2 starts again: exit code -9' in text
    content = safe_pickle.load(out)
    assert [clip['frame_dir'] for clip in content['annotations']] == ['v1', 'v2']
    assert content['extraction'] == dict(backend='x')
    assert '2 x a small fault: v1, v2' in text
    assert not (tmp_path / f'{out}.tasks.parts').exists()


def test_commands_of_a_file(tool, tmp_path, capsys):
    """Done ones are not run again; a wrong input is not tried twice, any other end is."""
    (tmp_path / 'steps.py').write_text(QUEUE)
    lines = [f'{sys.executable} steps.py {name} {code}' for name, code in zip('abc', (0, 1, 2))]
    queue = tmp_path / 'queue.txt'
    queue.write_text('\n'.join(['# trainings', '', *lines]))
    assert tool.run('commands', queue, *LOCAL) == 1
    text = capsys.readouterr().out
    assert sorted((tmp_path / 'runs').read_text()) == list('abbc')
    assert 'task 2 failed: exit code 1, wrong: 1 (log: ' in text
    assert 'task 3 failed: exit code 2' in text and '2 tasks failed' in text
    (tmp_path / 'runs').unlink()
    (tmp_path / 'steps.py').write_text(QUEUE.rpartition('sys.exit')[0])  # mended
    assert tool.run('commands', queue, *LOCAL) == 0
    assert '1 of 3 tasks are done' in capsys.readouterr().out
    assert sorted((tmp_path / 'runs').read_text()) == list('bc')
    queue.write_text('\n'.join(lines[:2]))
    with pytest.raises(InputError, match='settings.json: commands: found'):
        tool.run('commands', queue, *LOCAL)


def test_the_page_prepares_videos(tool):
    args = tool.parse_args(shlex.split(PREPARE)[2:])
    assert tool.tool_at(tool.PREPARE[args.dataset]).parse_args(args.rest).videos


def test_trainings_of_the_page_go_on(tool):
    args = tool.parse_args(shlex.split(TRAIN)[2:])
    assert args.command == 'commands' and tool.settings_of(args).slurm


@pytest.mark.parametrize('words, message', [
    (['extract', '--tasks', '2', '--', '.', '--out', 'x.pkl', '--resume'], 'found given'),
    (['prepare', 'ntu', '--tasks', '2', '--', '--benchmark=ntu60', '--skeletons=.', '--out=x.pkl'
      ], 'found no --videos, want'),
    ([
        'prepare', 'finegym', '--tasks', '2', '--', '--annotations=.', '--videos=.', '--out=x.pkl',
        '--shard=1/2'
    ], 'found --shard, want'),
    (['commands', 'queue.txt', '--slurm', 'gpu'], '--slurm: found gpu, want KEY=VALUE'),
    (['commands', 'queue.txt', '--slurm', 'no=1', *LOCAL], 'engine local: found .*no'),
    (['commands', 'queue.txt'], 'engine slurm: found .*want a machine that has sbatch'),
    (['commands', 'quote.txt', *LOCAL], 'quote.txt: line 1: found No closing quotation'),
    (['commands', 'empty.txt', *LOCAL], 'empty.txt: commands: found nothing'),
])
def test_wrong_input_is_one_line(tool, tmp_path, words, message):
    for name, text in dict(queue='true', quote="echo '", empty='# none').items():
        (tmp_path / f'{name}.txt').write_text(text)
    with pytest.raises(InputError, match=message):
        tool.run(*words)


def test_submitit_is_an_optional_part(tool, tmp_path, monkeypatch):
    (tmp_path / 'queue.txt').write_text('true')
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(InputError, match='submitit: found nothing, want pip install'):
        tool.run('commands', 'queue.txt')
