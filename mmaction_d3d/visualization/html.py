"""HTML whose texts are escaped by construction, and the frame of a page that needs no network."""
import html
from collections.abc import Iterable, Mapping, Sequence

# A page may show what it holds itself; a browser refuses all else, scripts above all.
_POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
_WITHOUT_END = {'img', 'meta'}
_STYLE = '''
:root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --faint: #57606a; --line: #d0d7de;
  --link: #0757b8; --shade: 9, 105, 218; --warn: #8a4600; }
@media (prefers-color-scheme: dark) {
  :root { --back: #0f1216; --text: #e8ebee; --faint: #a2abb5; --line: #3a424c; --link: #7db7ff;
    --shade: 76, 141, 255; --warn: #ffb454; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible, video:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { position: static; }
nav ul { display: flex; flex-wrap: wrap; gap: 0 1rem; list-style: none; padding: 0; }
nav a { display: inline-block; padding: 0.4rem 0; }
h1, h2 { line-height: 1.2; }
h2 { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1rem; }
.result { font-size: 1.6rem; font-weight: 600; margin: 0.5rem 0; }
.faint, figcaption { color: var(--faint); }
.missing { color: var(--warn); }
.scroll { overflow-x: auto; }
.scroll img { max-width: max(100%, 60rem); height: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { border: 1px solid var(--line); padding: 0.25rem 0.5rem; text-align: right;
  white-space: nowrap; }
th { font-weight: 600; }
thead th { min-width: 4rem; max-width: 12rem; white-space: normal; overflow-wrap: break-word;
  text-align: center; }
th:first-child { position: sticky; left: 0; min-width: min(9rem, 40vw); max-width: 40vw;
  text-align: left; background: var(--back); white-space: normal; overflow-wrap: anywhere; }
td.text { text-align: left; min-width: 12rem; white-space: normal; }
td[style] { background: rgba(var(--shade), var(--share)); }
.shown { background: #fff; border-radius: 4px; display: block; }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
.cards figure { margin: 0; border: 1px solid var(--line); border-radius: 6px; padding: 0.5rem; }
.cards video, .cards img { width: 100%; background: #000; display: block; }
summary { cursor: pointer; padding: 0.4rem 0; }
pre { overflow-x: auto; border: 1px solid var(--line); padding: 0.5rem; font-size: 0.8rem;
  overflow-wrap: normal; }
meter { width: 6rem; }
'''


class Html(str):
    """Text that is HTML already; any other text is escaped where it is put into an element."""
    __slots__ = ()


def element(tag: str, *content: str, **attributes: object) -> Html:
    """Return an element.

    Args:
        tag: Its name.
        *content: Texts, which are escaped, and :class:`Html`.
        **attributes: Their values are escaped; ``class_`` is ``class``, ``_`` a hyphen; True is
            one without a value.
    """
    named = ''.join(f' {name.rstrip("_").replace("_", "-")}' +
                    ('' if value is True else f'="{html.escape(str(value))}"')
                    for name, value in attributes.items())
    if tag in _WITHOUT_END:
        return Html(f'<{tag}{named}>')
    return Html(f'<{tag}{named}>{join(content)}</{tag}>')


def join(content: Iterable[str]) -> Html:
    """Put texts, which are escaped, and :class:`Html` one after the other."""
    return Html(''.join(part if isinstance(part, Html) else html.escape(part) for part in content))


def scrolled(label: str, *content: str) -> Html:
    """Return what may be wider than a phone, to be moved by finger or arrow keys."""
    return element('div', *content, class_='scroll', role='region', tabindex=0, aria_label=label)


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Html:
    """Return a table.

    Args:
        caption: What it shows.
        header: Names of its columns.
        rows: Each begins with its name; a cell that is a ``td`` already stays as it is.
    """
    head = element('tr', *(element('th', name, scope='col') for name in header))
    body = (element('tr', element('th', row[0], scope='row'), *map(_cell, row[1:])) for row in rows)
    grid = element('table', element('thead', head), element('tbody', *body), aria_label=caption)
    # A caption of its own would be as wide as the table, and cut on a phone.
    return join([element('p', caption, class_='faint'), scrolled(caption, grid)])


def _cell(content: str) -> Html:
    ready = isinstance(content, Html) and content.startswith('<td')
    return Html(content) if ready else element('td', content)


def page(title: str, intro: Sequence[str], sections: Mapping[str, Sequence[str]]) -> str:
    """Return a page that loads nothing and runs nothing.

    Args:
        title: Its name.
        intro: What stands above its sections.
        sections: Content by heading.
    """
    links = [
        element('li', element('a', heading, href=f'#part{number}'))
        for number, heading in enumerate(sections)
    ]
    parts = [
        element('section', element('h2', heading, id=f'part{number}'), *content,
                aria_labelledby=f'part{number}')
        for number, (heading, content) in enumerate(sections.items())
    ]
    head = element('head', element('meta', charset='utf-8'),
                   element('meta', http_equiv='Content-Security-Policy', content=_POLICY),
                   element('meta', name='viewport', content='width=device-width, initial-scale=1'),
                   element('meta', name='referrer', content='no-referrer'), element('title', title),
                   element('style', Html(_STYLE)))
    body = element(
        'body', element('a', 'Skip to the content', class_='skip', href='#content'),
        element('header', element('h1', title),
                element('nav', element('ul', *links), aria_label='parts of the page')),
        element('main', *intro, *parts, id='content', tabindex=-1))
    return f'<!DOCTYPE html>\n{element("html", head, body, lang="en")}\n'
