"""Live pictures for a browser: MJPEG over HTTP, on this machine alone."""
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

from ...errors import InputError
from .show import Screen

HOST = '127.0.0.1'
_MOST = 8  # browsers at a time
_PAGE = (
    b'<!doctype html><meta name="viewport" content="width=device-width"><title>d3d live</title>'
    b'<body style="margin:0;background:#121216"><img src="stream" alt="live picture" '
    b'style="width:100%;max-width:960px;display:block;margin:auto">')


class _Newest:
    """The newest picture; a slow browser gets fewer of them, never late ones."""

    def __init__(self) -> None:
        self._news, self._jpeg, self._number = threading.Condition(), b'', 0

    def put(self, jpeg: bytes) -> None:
        """Take a picture; an empty one is the end."""
        with self._news:
            self._jpeg, self._number = jpeg, self._number + 1
            self._news.notify_all()

    def pictures(self) -> Iterator[bytes]:
        """Yield the newest picture, then each that is newer, until the end."""
        seen = 0
        while True:
            with self._news:
                self._news.wait_for(lambda: self._number > seen)  # noqa: B023 - called at once
                seen, jpeg = self._number, self._jpeg
            if not jpeg:
                return
            yield jpeg


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int) -> None:
        self.newest, self.places = _Newest(), threading.BoundedSemaphore(_MOST)
        super().__init__((HOST, port), _Handler)

    def handle_error(self, *_: object) -> None:
        """Say nothing: a browser went away."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Send the page or the stream."""
        # Another name that leads here is a stranger's page that wants to read the pictures.
        if (self.headers.get('Host') or '').rpartition(':')[0] not in (HOST, 'localhost'):
            self.send_error(HTTPStatus.FORBIDDEN)
        elif self.path == '/':
            self._head('text/html', len(_PAGE))
            self.wfile.write(_PAGE)
        elif self.path == '/stream':
            self._stream()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _stream(self) -> None:
        if not self.server.places.acquire(blocking=False):
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        try:
            self._head('multipart/x-mixed-replace; boundary=picture')
            for jpeg in self.server.newest.pictures():
                self.wfile.write(b'--picture\r\nContent-Type: image/jpeg\r\nContent-Length: '
                                 b'%d\r\n\r\n%s\r\n' % (len(jpeg), jpeg))
        finally:
            self.server.places.release()

    def _head(self, kind: str, length: int | None = None) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header('Content-Type', kind)
        self.send_header('Cache-Control', 'no-store')
        self.send_header('Cross-Origin-Resource-Policy', 'same-origin')
        if length is not None:
            self.send_header('Content-Length', str(length))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal, where answers are."""


@contextmanager
def browser(port: int) -> Iterator[Screen]:
    """Serve pictures on a port of this machine; its address is printed.

    Args:
        port: 0 for any that is free.

    Raises:
        InputError: The port is taken.
    """
    try:
        server = _Server(port)
    except OSError as error:
        raise InputError('command line', '--serve', f'{port} ({error.strerror})',
                         'a port that is free') from error
    print(f'In a browser: http://{HOST}:{server.server_port}', flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def show(picture: np.ndarray) -> bool:
        server.newest.put(cv2.imencode('.jpg', picture[..., ::-1])[1].tobytes())
        return True

    try:
        yield show
    finally:
        with suppress(OSError):
            server.newest.put(b'')
            server.shutdown()
            server.server_close()
