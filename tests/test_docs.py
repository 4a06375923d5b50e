"""The page of names and flags against the code."""
import importlib.util
import inspect
import re
from pathlib import Path

import pytest
from mmaction import registry

import mmaction_d3d

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs' / 'interface.md').read_text()
REGISTRIES = ('MODELS', 'DATASETS', 'TRANSFORMS', 'OPTIM_WRAPPERS', 'LOOPS', 'HOOKS', 'RUNNERS',
              'METRICS')
NAMES = {
    name: (kind, cls) for kind in REGISTRIES
    for name, cls in getattr(registry, kind).module_dict.items()
    if cls.__module__.startswith('mmaction_d3d')
}
SECTIONS = {
    part.partition('\n')[0]: part
    for part in re.split(r'^### ',
                         PAGE.partition('## Model inputs')[0], flags=re.M)[1:]
}
# A tool, its command if it has several, its flags.
TOOLS = re.findall(r'^\| `(tools/\S+\.py)((?: [a-z]+)?)[^`]*` \| (.*) \|$', PAGE, re.M)


def test_the_page_lists_exactly_the_registered_names():
    assert set(SECTIONS) == set(NAMES)


@pytest.mark.parametrize('name', sorted(NAMES))
def test_the_page_lists_each_argument_and_default(name):
    kind, cls = NAMES[name]
    assert f'`{kind}`' in SECTIONS[name]
    rows = re.findall(r'^\| `(\w+)` \| (.*?) \|', SECTIONS[name], re.M)
    if 'same arguments' in SECTIONS[name]:
        assert not rows and '__init__' not in vars(cls)
        return
    named = [
        p for p in inspect.signature(cls).parameters.values()
        if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    ]
    assert rows == [(p.name, 'required' if p.default is p.empty else f'`{p.default!r}`')
                    for p in named]


def load_tool(name):
    """Imports a tool."""
    spec = importlib.util.spec_from_file_location('tool', ROOT / name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_lists_every_tool():
    tools = {str(path.relative_to(ROOT)) for path in (ROOT / 'tools').rglob('*.py')}
    assert {tool for tool, _, _ in TOOLS} == tools - {'tools/check_env.py', 'tools/dist_run.py'}


@pytest.mark.parametrize('tool, command, flags', TOOLS)
def test_the_page_lists_each_flag(tool, command, flags, capsys):
    module = load_tool(tool)
    with pytest.raises(SystemExit):
        module.parse_args([*command.split(), '--version'])
    assert capsys.readouterr().out == f'mmaction_d3d {mmaction_d3d.__version__}\n'
    assert {'--debug', '--version'} <= set(re.findall(r'`(--[\w-]+)`', flags))
    with pytest.raises(SystemExit):
        module.parse_args([*command.split(), '--help'])
    offered = set(re.findall(r'^  (--[\w-]+)', capsys.readouterr().out, re.M)) | {'--help'}
    assert offered - {'--help'} == set(re.findall(r'`(--[\w-]+)`', flags))


def sentences_of(text):
    """The sentences of a page in words: not its code, tables, pictures and headings."""
    text = re.sub(r'^```.*?^```', '', text, flags=re.M | re.S)
    text = re.sub(r'!\[[^]]*\]\([^)]*\)|^(\||#).*$', '\n\n', text, flags=re.M)
    paragraphs = re.split(r'\n\s*\n|^\s*(?:[-*>]|\d+\.) ', text, flags=re.M)
    sentences = [
        part.split() for text in paragraphs for part in re.split(r'[.!?]\**\s', f'{text} ')
    ]
    return [words for words in sentences if words]


PROSE = [
    'README.md', 'CONTRIBUTING.md', *(f'docs/{name}.md'
                                      for name in ('index', 'many_gpus', 'configs',
                                                   'troubleshooting', 'faq', 'notebook', 'docker')),
    *(f'docs/extend/{path.name}' for path in sorted((ROOT / 'docs/extend').iterdir()))
]


@pytest.mark.parametrize('page', PROSE)
def test_sentences_are_short(page):
    lengths = sorted(len(words) for words in sentences_of((ROOT / page).read_text()))
    assert sum(lengths) / len(lengths) < 16 and lengths[-1] <= 40, lengths[-5:]
