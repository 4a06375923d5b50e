"""The command ``d3d``: it finds the tools, says what there is and completes words in a shell."""
import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import d3d_command
from mmaction_d3d import __version__

ROOT = Path(__file__).resolve().parents[1]
# Tools for those who work on the project itself; those of tools/analysis may have a command.
NO_COMMAND = {'ablate.py', 'real_clips.py', 'dist_run.py', 'data/export_coco.py'}


def run(*arguments):
    """Runs ``d3d`` in a Python that finds nothing that is installed."""
    return subprocess.run([sys.executable, '-S', ROOT / 'd3d_command.py', *arguments],
                          capture_output=True, text=True)


def test_every_tool_has_a_command_and_every_command_a_tool():
    tools = {str(path.relative_to(ROOT / 'tools')) for path in (ROOT / 'tools').rglob('*.py')}
    used = {command.tool for command in d3d_command.COMMANDS.values()}
    assert used <= tools
    assert {tool for tool in tools - used if not tool.startswith('analysis/')} == NO_COMMAND


def test_help_and_version_need_nothing_installed():
    listed = run('--help').stdout
    assert all(
        re.search(rf'^  {name} .*{re.escape(command.says)}$', listed, re.M)
        for name, command in d3d_command.COMMANDS.items())
    assert 'examples:' in listed and run().stdout == listed
    assert run('--version').stdout == f'mmaction_d3d {__version__}\n'
    assert run('check-env').returncode == 1  # all is missing, and it says so
    helped = run('check-env', '--help').stdout
    assert helped.startswith('usage: d3d check-env') and helped.endswith('  d3d check-env\n')


@pytest.mark.parametrize('words', [('trian', ), ('prepare', 'ucf'), ('prepare', )])
def test_an_unknown_command_is_one_line(words, capsys):
    with pytest.raises(SystemExit) as end:
        d3d_command.main(words)
    line = capsys.readouterr().err
    assert end.value.code == 2 and len(line.splitlines()) == 1
    assert line.startswith(f'error: command line: COMMAND: found {" ".join(words)}, want one of')


def test_arguments_reach_the_tool_and_its_mistakes_the_user(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, '__main__', sys.modules['__main__'])
    monkeypatch.setattr(sys, 'argv', ['d3d'])
    with pytest.raises(SystemExit) as end:
        d3d_command.main(['prepare', 'custom', 'no/such', '--out', 'x.pkl'])
    assert end.value.code == 2 and 'error: no/such: ' in capsys.readouterr().err
    with pytest.raises(SystemExit):
        d3d_command.main(['test', '--help'])
    text = capsys.readouterr().out
    assert text.startswith('usage: d3d test ') and '\nexamples:\n  d3d test ' in text


def test_examples_have_flags_that_their_tools_take():
    for command in d3d_command.COMMANDS.values():
        flags = set(d3d_command._flags(command))
        for example in command.examples:
            assert set(re.findall(r'--[\w-]+', example)) <= flags


def test_every_step_names_the_next_command():
    steps = {
        name: command for name, command in d3d_command.COMMANDS.items()
        if name != 'demo'  # which goes on until it is stopped
    }
    for name, command in steps.items():
        assert re.search(r'\b(next_step|say_next|convert)\(',
                         (ROOT / 'tools' / command.tool).read_text()), name


def strings(path):
    """Texts of a file that are no docstrings."""
    tree = ast.parse(path.read_text())
    described = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docs = [
        ast.get_docstring(node, clean=False) for node in ast.walk(tree)
        if isinstance(node, described)
    ]
    return {
        node.value for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }.difference(docs)


def test_what_is_said_names_commands_which_a_wheel_has_and_no_tools():
    files = [path for name in ('mmaction_d3d', 'tools') for path in (ROOT / name).rglob('*.py')]
    assert [(path.name, text) for path in files for text in strings(path)
            if re.search(r'(?<!\(python )tools/\w', text)] == []


def test_bash_completes_commands_flags_and_words(capsys):
    d3d_command.main(['completion', 'bash'])
    script = capsys.readouterr().out
    for line, want in (('d3d tra', 'train'), ('d3d prepare pen', 'pennaction'),
                       ('d3d explain joi', 'joints'), ('d3d train c.py --res', '--resume'),
                       ('d3d prepare custom x --val', '--val-ratio'), ('d3d completion ba',
                                                                       'bash')):
        ask = (f'{script}\nCOMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _d3d; '
               'echo "${COMPREPLY[*]}"')
        done = subprocess.run(['bash', '-c', ask], capture_output=True, text=True, check=True)
        assert done.stdout.split() == [want], line


def test_the_index_of_models_agrees_with_the_table_of_results():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    models = [
        model for file in index['Import']
        for model in yaml.safe_load((ROOT / file).read_text())['Models']
    ]
    assert all(
        (ROOT / model['Config']).is_file() and model['In Collection'] == 'D3D' for model in models)
    rows = re.findall(r'^\| \[(\w+)\]\(configs/.*?\|.*?\| (.*?) \| (\S+) M \| (\S+) \|',
                      (ROOT / 'README.md').read_text(), re.M)
    assert [model['Name'] for model in models] == [name for name, *_ in rows]
    for model, (_, ours, parameters, gmacs) in zip(models, rows):
        assert model['Metadata']['Parameters'] == f'{parameters} M'
        assert model['Metadata']['FLOPs'] == f'{gmacs} G'
        results = model.get('Results', [])
        assert ours.startswith('not run') and not results or float(
            ours.split()[0]) == results[0]['Metrics']['Top 1 Accuracy']
