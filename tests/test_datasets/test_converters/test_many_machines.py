"""Videos written anew by tasks of many machines, here by the engine for this one."""
from running import run_tool

from mmaction_d3d import many_tasks

from .finegym_files import write_annotations, write_full_video

# A tool whose shard 1 is lost at its first try.
LOST = """
import os, runpy, signal, sys
from pathlib import Path
sys.argv = sys.argv[1:]
if '1/2' in sys.argv and not Path('tried').exists():
    Path('tried').touch()
    os.kill(os.getpid(), signal.SIGKILL)
runpy.run_path(sys.argv[0], run_name='__main__')
"""


def test_a_lost_shard_starts_again_and_the_pickle_is_that_of_one_machine(
        monkeypatch, tmp_path, square_video, capsys):
    monkeypatch.chdir(tmp_path)
    events = {'E_000000_000001': ((0, 1), {'A_0000_0000': [(0.2, 0.4)]})}
    clips = {f'{video}_E_000000_000001_A_0000_0000': 7 for video in 'ab'}
    write_annotations(tmp_path / 'ann', dict.fromkeys('ab', events), clips, {})
    for video in 'ab':
        write_full_video(tmp_path / 'full' / f'{video}.mp4', square_video, 30)
    (tmp_path / 'lost.py').write_text(LOST)
    run_tasks = many_tasks.run_tasks
    monkeypatch.setattr(
        many_tasks, 'run_tasks',
        lambda commands, *others: run_tasks([[python, 'lost.py', *words]
                                             for python, *words in commands], *others))
    words = ['--annotations=ann', '--videos=full', '--workers=1']
    assert run_tool('tools/run_many.py', 'prepare', 'finegym', '--tasks=2', '--engine=local',
                    '--retries=1', '--', *words, '--out=many/x.pkl') == 0
    text = capsys.readouterr().out
    assert 'task 1 starts again: exit code -9' in text
    assert 'clips: 2 of 2 are there from an earlier run' in text
    assert not list(tmp_path.glob('many/*.parts'))
    assert run_tool('tools/data/prepare_finegym.py', *words, '--out=one/x.pkl') == 0
    many, one = ((tmp_path / name / 'x.pkl').read_bytes() for name in ('many', 'one'))
    assert many == one
