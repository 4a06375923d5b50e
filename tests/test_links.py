"""Links of the pages as the repository has them; `make docs` checks those of the site."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    str(path.relative_to(ROOT)) for pattern in ('*.md', 'docs/**/*.md', 'runtime/*.md')
    for path in ROOT.glob(pattern))


def without_code(text):
    return re.sub(r'^```.*?^```', '', text, flags=re.M | re.S)


def anchors(path):
    """The headings of a page as GitHub names them."""
    headings = re.findall(r'^#+ (.*)', without_code(path.read_text()), re.M)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


def dead_links(page):
    text = re.sub(r'`[^`\n]*`', 'code', without_code(page.read_text()))
    for path, anchor in re.findall(r'\]\(([^)\s#]*)(?:#([^)\s]*))?\)', text):
        if re.match(r'\w+:', path):
            continue
        target = page.parent / path if path else page
        if not target.exists() or anchor and anchor not in anchors(target):
            yield f'{path}#{anchor}'


@pytest.mark.parametrize('page', PAGES)
def test_links_lead_somewhere(page):
    assert list(dead_links(ROOT / page)) == []


def test_a_dead_link_is_found(tmp_path):
    page = tmp_path / 'page.md'
    page.write_text('# One: two\n[a](page.md#one-two) [b](#two) [c](none.md) `[d](e)`\n')
    assert list(dead_links(page)) == ['#two', 'none.md#']


def test_each_picture_is_on_a_page():
    text = ''.join((ROOT / page).read_text() for page in PAGES)
    pictures = [path.name for path in (ROOT / 'docs' / 'images').iterdir()]
    assert [name for name in pictures if f'images/{name}' not in text] == []
