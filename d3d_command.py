"""The command ``d3d``: all tools under one name.

It starts without importing PyTorch or MMAction2, so that ``d3d check-env`` can say what is missing.
"""
import contextlib
import importlib.util
import io
import re
import runpy
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple


class Command(NamedTuple):
    """A sub-command.

    Attributes:
        tool: The file below ``tools`` that does it.
        says: What it does, for the list of commands.
        examples: What follows ``d3d NAME`` on command lines to start from.
        words: What its first argument may be, where it has commands of its own.
    """
    tool: str
    says: str
    examples: tuple[str, ...]
    words: tuple[str, ...] = ()


_PACKAGE = Path(__file__).resolve().parent / 'mmaction_d3d'
_ends_quietly = runpy.run_path(str(_PACKAGE / 'closed_output.py'))['ends_quietly']
_CHECKPOINT = 'work_dirs/quickstart/best.pth'
_QUICKSTART = f'mmaction_d3d::d3d_quickstart.py {_CHECKPOINT}'
COMMANDS = {
    'quickstart':
    Command('quickstart.py', 'draw clips, then train, test and explain a small model', ('', )),
    'train':
    Command('train.py', 'train a model',
            ('mmaction_d3d::d3d_custom_small.py --data-root data/custom', 'my_config.py --resume')),
    'test':
    Command('test.py', 'test a trained model on the test split',
            (_QUICKSTART, f'{_QUICKSTART} --fuse other.npz --fuse-weights 2 1')),
    'infer':
    Command(
        'infer.py', 'say what people do in videos',
        ('my.mp4', f'my.mp4 --checkpoint {_CHECKPOINT} --out results', '--live 0 --preset laptop')),
    'extract':
    Command('extract_skeletons.py', 'find the skeletons of videos',
            ('data/custom/videos --backend mediapipe --out data/custom/annotations.pkl', )),
    'prepare custom':
    Command('data/prepare_custom.py', 'your own videos as a data set',
            ('data/custom/videos --out data/custom/clips.pkl', )),
    'prepare ntu':
    Command('data/prepare_ntu.py', 'NTU RGB+D as a data set',
            ('--benchmark ntu60 --skeletons DIR --out data/ntu60/annotations.pkl', )),
    'prepare finegym':
    Command('data/prepare_finegym.py', 'FineGYM as a data set',
            ('--annotations DIR --videos DIR --out data/finegym/clips.pkl', )),
    'prepare pennaction':
    Command('data/prepare_pennaction.py', 'Penn Action as a data set',
            ('Penn_Action --out data/pennaction/annotations.pkl', )),
    'make-data':
    Command('data/make_synthetic.py', 'draw the clips of the quickstart',
            ('--out data/synthetic', )),
    'check':
    Command('data/check_dataset.py', 'check annotations and videos',
            ('data/custom/annotations.pkl --videos data/custom/videos', )),
    'browse':
    Command('data/browse_dataset.py', 'draw what the model sees of a data set',
            ('mmaction_d3d::d3d_quickstart.py --split test', )),
    'show-skeletons':
    Command('visualize_skeletons.py', 'draw skeletons over their videos',
            ('data/custom/annotations.pkl --videos data/custom/videos', )),
    'explain':
    Command('visualize.py', 'draw what a model looks at, and what a run gave',
            (f'attention {_QUICKSTART}', 'run work_dirs/quickstart'),
            ('attention', 'joints', 'offsets', 'faithfulness', 'run')),
    'demo':
    Command('demo.py', 'a page in the browser that recognizes dropped videos', ('', )),
    'report':
    Command('report.py', 'write a run as one HTML file', ('work_dirs/quickstart', )),
    'modality-check':
    Command('analysis/modality_check.py', 'test which modality a model uses', (_QUICKSTART, )),
    'flops':
    Command('analysis/get_flops.py', 'count parameters and multiply-adds',
            ('mmaction_d3d::d3d_ntu60_xsub.py', )),
    'bench':
    Command('benchmark.py', 'measure models, training, data and recognition, in turns',
            ('model mmaction_d3d::d3d_quickstart.py', ),
            ('model', 'train', 'data', 'extract', 'infer', 'scaling', 'tables', 'page')),
    'export':
    Command('export.py', 'write a model as ONNX or torch.export',
            (f'{_CHECKPOINT} --format onnx --out model.onnx',
             f'{_CHECKPOINT} --format torch-export --out model.pt2')),
    'publish':
    Command('publish.py', 'strip, hash and name a checkpoint for others',
            (f'{_CHECKPOINT} --out published', )),
    'many':
    Command('run_many.py', 'run shards or commands on many machines, by Slurm',
            ('commands trainings.txt --slurm partition=gpu gpus_per_node=1', ),
            ('extract', 'prepare', 'commands')),
    'check-env':
    Command('check_env.py', 'say what is missing here, and the command that cures it', ('', )),
    'check-gpu':
    Command('check_gpu.py', 'check this project on a GPU, without data', ('', )),
}
COMPLETION = 'completion'
SHELLS = ('bash', 'zsh')


@_ends_quietly()
def main(arguments: Sequence[str] | None = None) -> None:
    """Run a sub-command.

    Args:
        arguments: Of the command line. Defaults to None: this process's.

    Raises:
        SystemExit: As the tool ends; with code 2 where there is no such command.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ('-h', '--help'):
        print(_help())
        return
    if words[0] == '--version':
        print(f'mmaction_d3d {runpy.run_path(str(_PACKAGE / "version.py"))["__version__"]}')
        return
    if words[0] == COMPLETION:
        _print_completion(words[1:])
        return
    named = (' '.join(words[:count]) for count in (2, 1))
    name = next((name for name in named if name in COMMANDS), None)
    if name is None:
        _refuse(' '.join(words[:2] if words[0] == 'prepare' else words[:1]))
    else:
        _run(name, words[len(name.split()):])


def _run(name: str, arguments: list[str]) -> None:
    """Run a tool in this process as ``python TOOL`` does, under its name here."""
    command = COMMANDS[name]
    path = _tools() / command.tool
    sys.argv = [f'd3d {name}', *arguments]
    module = ModuleType('__main__')
    module.__file__ = str(path)
    sys.modules['__main__'] = module  # what worker processes are sent is found there
    try:
        # A file of this package, as Python itself would run it.
        exec(compile(path.read_bytes(), str(path), 'exec'), vars(module))  # nosec B102
    except SystemExit as end:
        if not end.code and {'-h', '--help'} & set(arguments):
            print('\n'.join(['\nexamples:', *_examples(name)]))
        raise


def as_command(tool: str, arguments: Sequence[str]) -> str:
    """Return the command line of a tool, whose configs have names here and no folder."""
    name = next(name for name, command in COMMANDS.items() if command.tool == tool)
    words = [
        f'mmaction_d3d::{word.removeprefix("configs/")}' if word.startswith('configs/') else word
        for word in arguments
    ]
    return f'd3d {name} {shlex.join(words)}'


def _examples(name: str) -> list[str]:
    return [f'  d3d {name} {example}'.rstrip() for example in COMMANDS[name].examples]


def _help() -> str:
    width = max(map(len, COMMANDS))
    return '\n'.join([
        'usage: d3d COMMAND ...', '', 'Recognizes what people do in videos.', '', 'commands:',
        *(f'  {name:{width}}  {command.says}' for name, command in COMMANDS.items()),
        f'  {COMPLETION:{width}}  print what completes these in a shell: {", ".join(SHELLS)}', '',
        'examples:', *(example for name in ('quickstart', 'train', 'infer')
                       for example in _examples(name)), '',
        'd3d COMMAND --help says more; d3d --version says the version.'
    ])


def _refuse(word: str) -> None:
    names = ', '.join([*COMMANDS, COMPLETION])
    print(f'error: command line: COMMAND: found {word}, want one of {names}', file=sys.stderr)
    sys.exit(2)


def _tools() -> Path:
    return Path(runpy.run_path(str(_PACKAGE / 'bundled.py'))['ROOT'], 'tools')


def _flags(command: Command) -> list[str]:
    """Ask a tool, and each of its commands, for its flags."""
    spec = importlib.util.spec_from_file_location('d3d_tool', _tools() / command.tool)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    flags: dict[str, None] = {}
    for word in command.words or (None, ):
        text = io.StringIO()
        with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
            module.parse_args(['--help'] if word is None else [word, '--help'])
        flags.update(dict.fromkeys(re.findall(r'^ +(?:-\w, )?(--[\w-]+)', text.getvalue(), re.M)))
    return [*command.words, *flags]


def _print_completion(arguments: list[str]) -> None:
    """Print a script that completes commands, flags and files without starting Python."""
    if len(arguments) != 1 or arguments[0] not in SHELLS:
        print(f'usage: d3d {COMPLETION} {{{",".join(SHELLS)}}}\n\n'
              'Prints a script for the shell. To use it at each start of bash:\n'
              f'  d3d {COMPLETION} bash > ~/.d3d_completion\n'
              '  echo source ~/.d3d_completion >> ~/.bashrc')
        sys.exit(0 if {'-h', '--help'} & set(arguments) else 2)
    cases = [
        f'    "{name}"*) words="{" ".join(_flags(command))}" ;;'
        for name, command in COMMANDS.items()
    ]
    first = ' '.join(dict.fromkeys(name.split()[0] for name in [*COMMANDS, COMPLETION]))
    second = ' '.join(name.split()[1] for name in COMMANDS if name.startswith('prepare '))
    if arguments[0] == 'zsh':
        print('autoload -U +X bashcompinit && bashcompinit')
    print('\n'.join([
        '_d3d() {', '  local words line="${COMP_WORDS[*]:1:COMP_CWORD-1} "',
        '  if [ "$COMP_CWORD" -eq 1 ]; then', f'    words="{first}"',
        '  elif [ "$line" = "prepare " ]; then', f'    words="{second}"', '  else',
        '    case $line in', *cases, f'    {COMPLETION}*) words="{" ".join(SHELLS)}" ;;',
        '    esac', '  fi', '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
        '}', 'complete -o default -F _d3d d3d'
    ]))


if __name__ == '__main__':
    main()
