"""A small RTSP server: MPEG-TS over RTP over the same TCP connection, as behind a firewall."""
import socket
import struct
import threading
import time
from contextlib import contextmanager

_SDP = ('v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\n'
        'm=video 0 RTP/AVP 33\r\nc=IN IP4 0.0.0.0\r\na=control:track\r\n')
_CELL = 188  # bytes of MPEG-TS that belong together


@contextmanager
def rtsp_server(content, goes, pause=0.):
    """Send MPEG-TS to the first client that plays it; yield the address.

    Args:
        content: Bytes.
        goes: Event; the server hangs up when it is set and everything was sent.
        pause: Seconds between packets.
    """
    with socket.create_server(('127.0.0.1', 0)) as server:
        threading.Thread(target=_serve, args=(server, content, goes, pause), daemon=True).start()
        yield f'rtsp://127.0.0.1:{server.getsockname()[1]}/camera'


def _serve(server, content, goes, pause):
    connection, _ = server.accept()
    with connection, connection.makefile('rb') as requests:
        while _answer(connection, requests) != 'PLAY':
            pass
        for number, start in enumerate(range(0, len(content), _CELL)):
            rtp = struct.pack('>BBHII', 0x80, 33, number, 0, 1) + content[start:start + _CELL]
            connection.sendall(struct.pack('>cBH', b'$', 0, len(rtp)) + rtp)
            time.sleep(pause)
        goes.wait(60)


def _answer(connection, requests):
    """Answer a request; return its method."""
    method, url, _ = requests.readline().decode().split()
    head = {}
    while line := requests.readline().decode().strip():
        name, _, head[name.lower()] = line.partition(': ')
    answer, body = {'CSeq': head['cseq'], 'Session': '1'}, ''
    if method == 'DESCRIBE':
        body = _SDP
        answer.update({'Content-Base': f'{url}/', 'Content-Type': 'application/sdp'})
    if method == 'SETUP':
        answer['Transport'] = head['transport']
        assert 'RTP/AVP/TCP' in head['transport']
    answer['Content-Length'] = len(body)
    lines = ''.join(f'{name}: {value}\r\n' for name, value in answer.items())
    connection.sendall(f'RTSP/1.0 200 OK\r\n{lines}\r\n{body}'.encode())
    return method
