"""What the site adds to the pages: files beside ``docs`` that pages link to, and the API.

A page links to ``../configs/d3d_custom.py`` as a browser of the repository wants it. The site has
such a file as a page of its own below ``source``, a folder as a list.
"""
import json
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
_LANGUAGES = {'.py': 'python', '.sh': 'bash', '.toml': 'toml', '.yml': 'yaml'}
_MADE = re.compile(r'\.|__pycache__|build$|.*\.egg-info$')  # by Python and its tools, and hidden
_CODE = re.compile(r'^```.*?^```|`[^`\n]+`', re.M | re.S)
_LINK = re.compile(r'(?<=\]\()([^)\s#]+)(#[^)\s]*)?(?=\))')

#: Page of the site -> what it shows, as a path of the repository.
_shown: dict[str, str] = {}
#: Address of another site -> the pages that link to it.
_external: dict[str, set[str]] = {}


def links_of(markdown: str) -> Iterator[re.Match]:
    """Find the links of a page, outside of code, that name a file or a site.

    Args:
        markdown: The page.

    Yields:
        Matches whose groups are the path or address as written and the anchor.
    """
    code = [match.span() for match in _CODE.finditer(markdown)]
    for match in _LINK.finditer(markdown):
        if not any(start <= match.start() < end for start, end in code):
            yield match


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that the hook makes."""
    reference = next(part['Reference'] for part in config.nav if 'Reference' in part)
    for name, content in _api_pages():
        files.append(File.generated(config, f'api/{name}.md', content=content))
        reference.append(f'api/{name}.md')
    _shown.clear()
    _external.clear()
    pages = {
        file.src_uri: file.content_string for file in files.documentation_pages()
        if not file.generated_by
    }
    _shown.update({uri: f'docs/{uri}' for uri in pages})
    while pages:
        uri, content = pages.popitem()
        for match in links_of(content):
            target = _target(uri, match[1])
            if target is None or target.startswith('docs/') or _page_of(target) in _shown:
                continue
            text = _content(target)
            if text is not None:  # else MkDocs says of the link that nothing is there
                pages[_page_of(target)] = text
                _shown[_page_of(target)] = target + '/' * (ROOT / target).is_dir()
                files.append(File.generated(config, _page_of(target), content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turn links to files beside ``docs`` into links to their pages."""
    source = page.file.src_uri
    if source not in _shown:
        return markdown
    if source == 'notebook.md':
        markdown += _cells(ROOT / 'docs' / 'notebook' / 'first_clip.ipynb')
    parts, end = [], 0
    for match in links_of(markdown):
        target = _target(source, match[1])
        uri = None
        if target is None:
            _external.setdefault(match[1], set()).add(source)
        elif target.startswith('docs/'):
            uri = target.removeprefix('docs/')
        elif _page_of(target) in _shown:
            uri = _page_of(target)
        if uri is not None:
            parts.append(markdown[end:match.start()])
            parts.append(posixpath.relpath(uri, posixpath.dirname(source)) + (match[2] or ''))
            end = match.end()
    return ''.join([*parts, markdown[end:]])


def on_page_content(html: str, **_: Any) -> str:
    """Show what docstrings name in Sphinx's way, ``:func:`~package.name```, by its name."""
    return re.sub(r':(?:attr|class|data|func|meth|mod):<code>(?:~(?:\w+\.)*|\.)?', '<code>', html)


def on_post_page(output: str, page: Page, **_: Any) -> str:
    """Refuse a page that would load something from the network."""
    remote = re.search(
        r'<(?:script|img|iframe)\b[^>]*\ssrc="?(?:https?:)?//|'
        r'<link\b[^>]*\shref="?(?:https?:)?//', output)
    if remote:
        raise PluginError(f'{page.file.src_uri}: found {remote[0]}, want files of the site alone')
    return output


def on_post_build(config: MkDocsConfig) -> None:
    """List the links to other sites, which nobody follows here; refuse dead ones within this."""
    site = Path(config.site_dir)
    if dead := sorted(_dead_links(site)):
        raise PluginError(f'{dead[0]}: nothing is there, as with {len(dead) - 1} more')
    lines = [f'{link}  {" ".join(sorted(pages))}\n' for link, pages in sorted(_external.items())]
    (site / 'external_links.txt').write_text(''.join(lines))


def _dead_links(site: Path) -> set[str]:
    """Name the links between files of a site that lead nowhere: MkDocs checks its sources alone."""
    return {
        f'{page.relative_to(site)}: {link}' for page in site.rglob('*.html')
        for link in re.findall(r'\s(?:href|src)="([^"#?:]+)["#?]', page.read_text())
        if not link.startswith('/') and not (page.parent / unquote(link)).exists()
    }


def _target(uri: str, link: str) -> str | None:
    """Name the file of the repository that a link of a page goes to; None for other sites."""
    if re.match(r'\w+:', link):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(_shown[uri]), link))


def _page_of(target: str) -> str:
    """Name the page of a file or folder of the repository."""
    if (ROOT / target).is_dir():
        return f'source/{target}/index.md'
    target = re.sub(r'(^|/)\.', r'\1', target)  # MkDocs leaves hidden files out
    if target.endswith('.md'):  # lower case, as MkDocs takes README.md for the page of its folder
        return f'source/{target.lower()}'
    return f'source/{target}.md'


def _content(target: str) -> str | None:
    """Write the page of a file or folder; None where there is no such thing."""
    path = ROOT / target
    if target.startswith('../') or not path.exists():
        return None
    if path.is_dir():
        names = sorted(entry.name for entry in path.iterdir() if not _MADE.match(entry.name))
        return '\n'.join([f'# {target}', '', *(f'- [{name}]({name})' for name in names), ''])
    text = path.read_text()
    if path.suffix == '.md':
        return text
    return f'# {target}\n\n````{_LANGUAGES.get(path.suffix, "text")}\n{text.rstrip()}\n````\n'


def _cells(notebook: Path) -> str:
    """Write the cells of a notebook as a part of a page in the folder above it."""
    parts = []
    for cell in json.loads(notebook.read_text())['cells']:
        text = ''.join(cell['source'])
        if cell['cell_type'] == 'code':
            parts.append(f'```python\n{text}\n```')
        else:
            parts.append(re.sub('^# .*', '## What it does', text).replace('](../', ']('))
    return '\n' + '\n\n'.join(parts) + '\n'


def _api_pages() -> Iterator[tuple[str, str]]:
    """Name and write a page for each package, with its modules; the first has those beside them."""
    whole, runtime = ROOT / 'mmaction_d3d', ROOT / 'runtime' / 'd3d_runtime'
    yield _api_page(whole, whole.glob('[!_]*.py'))
    for init in sorted(whole.glob('*/__init__.py')):
        yield _api_page(init.parent, init.parent.rglob('[!_]*.py'))
    yield _api_page(runtime, runtime.glob('[!_]*.py'))


def _api_page(package: Path, modules: Iterator[Path]) -> tuple[str, str]:
    name = _dotted(package)
    # What a package itself holds is there under the names of its modules.
    blocks = [f'::: {name}\n    options: {{members: false, show_root_heading: false}}']
    blocks += [f'::: {_dotted(path.with_suffix(""))}' for path in sorted(modules)]
    return name, '\n'.join([f'# {name}', '', *blocks, ''])


def _dotted(path: Path) -> str:
    root = ROOT / 'runtime' if ROOT / 'runtime' in path.parents else ROOT
    return '.'.join(path.relative_to(root).parts)
