"""Nothing connects to anywhere while it trains, tests or recognizes."""
import socket

import pytest


@pytest.fixture
def closed(monkeypatch):
    """Refuse every connection and every look-up of a name; note them."""
    asked = []

    def refuse(*args, **kwargs):
        asked.append(args)
        raise OSError('no network in this test')

    for name in ('connect', 'connect_ex', 'sendto'):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ('getaddrinfo', 'gethostbyname', 'create_connection'):
        monkeypatch.setattr(socket, name, refuse)
    return asked


def test_training_testing_and_recognition_ask_nobody(closed, run_tool, ut_args, ut_data, work_dir,
                                                     tmp_path):
    ended = run_tool('train.py', *ut_args)
    assert ended.code == 0, ended.err
    checkpoint = work_dir / 'epoch_1.pth'
    ended = run_tool('test.py', ut_args[0], checkpoint, *ut_args[1:])
    assert ended.code == 0, ended.err
    ended = run_tool('infer.py', ut_data.video_dir / 'clip0.mp4', '--config',
                     work_dir / 'd3d_ut_interaction.py', '--checkpoint', checkpoint, '--skeletons',
                     ut_data.ann_file, '--out', tmp_path / 'out', '--no-video')
    assert ended.code == 0, ended.err
    assert closed == []


def test_the_fixture_sees_a_connection(closed):
    with pytest.raises(OSError, match='no network'):
        socket.create_connection(('127.0.0.1', 9))
    assert len(closed) == 1
