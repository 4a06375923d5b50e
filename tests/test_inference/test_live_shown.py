"""Pictures of live recognition in a browser and in a window."""
import http.client
import os
import re

import cv2
import numpy as np
import pytest
from browsing import needs_browser, opened

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference.live.serve import browser
from mmaction_d3d.inference.live.show import window


def test_no_window_is_one_line(live, tiny, monkeypatch):

    def named(_):
        raise cv2.error('not implemented')

    monkeypatch.setattr(cv2, 'namedWindow', named)
    code, _, line = live('--live', tiny.video(), '--show')
    assert code == 2 and '--show: found no window' in line and '--serve PORT' in line


def ask(port, path, host=None):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
    connection.request('GET', path, headers={'Host': host or f'127.0.0.1:{port}'})
    return connection.getresponse()


def test_a_browser_gets_the_newest_picture_and_strangers_nothing(capsys):
    with browser(0) as show:
        port = int(capsys.readouterr().out.rpartition(':')[2])
        assert b'<img src="stream"' in ask(port, '/').read()
        assert ask(port, '/etc/passwd').status == 404
        assert ask(port, '/stream', 'evil.example').status == 403
        for grey in (10, 200):
            show(np.full((40, 48, 3), grey, np.uint8))
        answer = ask(port, '/stream')
        head = b''.join(answer.fp.readline() for _ in range(4))
        size = int(re.search(rb'Content-Length: (\d+)', head)[1])
        picture = cv2.imdecode(np.frombuffer(answer.fp.read(size), np.uint8), 1)
        assert picture.shape == (40, 48, 3) and abs(int(picture.mean()) - 200) < 3
        with pytest.raises(InputError, match='--serve: found'), browser(port):
            pass


@needs_browser
def test_the_picture_is_seen_in_a_browser(capsys):
    with browser(0) as show:
        port = int(capsys.readouterr().out.rpartition(':')[2])
        # The stream has no end, nor has loading the page.
        with opened(f'http://127.0.0.1:{port}', 390, 'dark', wait='commit') as page:
            for _ in range(300):  # Chromium shows a picture when the next one comes
                show(np.full((40, 48, 3), 200, np.uint8))
                page.wait_for_timeout(100)
                if page.evaluate('document.images.length && document.images[0].naturalWidth == 48'):
                    break
            assert page.evaluate('document.images[0].naturalWidth') == 48
            assert page.evaluate('document.images[0].getBoundingClientRect().width') <= 390


@pytest.mark.skipif(
    not (os.environ.get('DISPLAY') and re.search('GUI: +[A-Z]', cv2.getBuildInformation())),
    reason='needs a display and an OpenCV with windows')
def test_a_window_shows_pictures_until_a_key_closes_it(monkeypatch):
    with window() as show:
        assert show(np.full((40, 48, 3), 200, np.uint8))
        x, y, width, height = cv2.getWindowImageRect('d3d infer --live')
        assert width >= 48 and height >= 40
        monkeypatch.setattr(cv2, 'waitKey', lambda _: ord('q'))
        assert not show(np.zeros((40, 48, 3), np.uint8))
