"""A real browser for tests of pages: Chromium, driven by Playwright (requirements/browser.txt)."""
import importlib.util
import os
import shutil
from contextlib import contextmanager

import pytest

_NAMES = 'chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'chrome'
CHROMIUM = next(filter(None, map(shutil.which, (os.environ.get('CHROMIUM', ''), *_NAMES))), None)

needs_browser = pytest.mark.skipif(
    CHROMIUM is None or importlib.util.find_spec('playwright') is None,
    reason='needs playwright (make demo-test) and Chromium, on PATH or named by CHROMIUM')


@contextmanager
def opened(url, width, scheme, wait='load'):
    """Open a page in a window of so many pixels, ``light`` or ``dark``; yield Playwright's page.

    At the end nothing may have gone wrong in it, and nothing may have been asked of other hosts.
    """
    from playwright.sync_api import sync_playwright
    wrong, asked = [], []
    with sync_playwright() as playwright:
        # Its sandbox needs rights that containers do not give.
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=['--no-sandbox'])
        page = chromium.new_page(viewport=dict(width=width, height=900), color_scheme=scheme)
        page.set_default_timeout(30_000)
        page.on('request', lambda request: asked.append(request.url))
        page.on('pageerror', lambda error: wrong.append(str(error)))
        page.on('dialog', lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.goto(url, wait_until=wait)
        yield page
        chromium.close()
    host = '/'.join(url.split('/')[:3])
    assert not wrong
    assert not [other for other in asked if not other.startswith((host, f'blob:{host}', 'data:'))]


def brightness(page):
    """Return that of the page's back and of its text, 0 to 255."""
    return page.evaluate('''['backgroundColor', 'color'].map(name => {
        const [r, g, b] = getComputedStyle(document.body)[name].match(/[0-9.]+/g).map(Number);
        return 0.3 * r + 0.6 * g + 0.1 * b; })''')


def assert_fits(page):
    """Nothing is cut off at the right, and no button by a box around it."""
    assert page.evaluate('document.documentElement.scrollWidth <= innerWidth')
    assert page.evaluate('''[...document.querySelectorAll('button')].filter(button => {
        const inner = button.getBoundingClientRect();
        for (let box = button.parentElement; inner.height && box; box = box.parentElement) {
            const outer = box.getBoundingClientRect();
            if (getComputedStyle(box).overflowY == 'hidden' && outer.height
                && (inner.bottom > outer.bottom + 1 || inner.top < outer.top - 1)) return true; }
        return false; }).map(button => button.ariaLabel || button.innerText)''') == []


def assert_plays(page, selector):
    """The videos decode."""
    page.wait_for_function(
        '''selector => {
        const videos = [...document.querySelectorAll(selector)];
        videos.forEach(video => video.preload = 'auto');
        return videos.length && videos.every(v => v.readyState >= 2 && v.videoWidth > 0); }''',
        arg=selector)
