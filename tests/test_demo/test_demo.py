"""The page of `d3d demo`; what needs gradio is skipped without it (make demo-test has it)."""
import base64
import importlib.util
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import wave
from pathlib import Path

import pytest
import torch
from browsing import assert_fits, assert_plays, brightness, needs_browser, opened
from mmaction.registry import MODELS
from mmengine.config import Config
from running import ROOT, listen_to_ctrl_c, page_commands, run_tool

from mmaction_d3d.demo import page
from mmaction_d3d.demo.answers import Answers
from mmaction_d3d.demo.limits import Limits
from mmaction_d3d.errors import InputError

needs_gradio = pytest.mark.skipif(
    importlib.util.find_spec('gradio') is None, reason='needs gradio: make demo-test')


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    """A quickstart's model of no training, where make quickstart leaves it."""
    from mmengine.registry import init_default_scope
    init_default_scope('mmaction')
    path = tmp_path_factory.mktemp('demo') / 'work_dirs/quickstart/best.pth'
    path.parent.mkdir(parents=True)
    cfg = Config.fromfile(ROOT / 'configs/d3d_quickstart.py')
    meta = dict(cfg=cfg.pretty_text, dataset_meta=dict(classes=list('abcdefgh')),
                trained_on='clips <b>of</b> *mine*')
    torch.save(dict(state_dict=MODELS.build(cfg.model).state_dict(), meta=meta), path)
    return path


@pytest.fixture(scope='module')
def answers(checkpoint, tmp_path_factory):
    return Answers(str(checkpoint), tmp_path_factory.mktemp('outputs'), 'cpu')


def test_the_sample_is_answered_with_video_and_pictures(answers):
    shown = answers(answers.sample)
    assert shown.answer.people == 1 and shown.answer.skeleton.origin == 'arrays'
    assert set(shown.answer.classes) == set('abcdefgh') and shown.answer.attention is not None
    for path, head in ((shown.video, b'ftyp'), (shown.attention, b'PNG'), (shown.joints, b'PNG')):
        assert head in Path(path).read_bytes()[:16]


def values_of(answers, path):
    return page._outputs(answers, path and str(path))


def test_what_the_page_shows(answers):
    scores, says, *files = values_of(answers, answers.sample)
    assert sum(scores.values()) == pytest.approx(1, abs=1e-5) and len(scores) == 8
    assert '32 frames' in says and all(map(os.path.isfile, files))
    # A checkpoint is a stranger's: nothing of it is HTML.
    assert '<b>' not in says and 'clips &#60;b&#62;' in says
    assert values_of(answers,
                     None)[1:] == ['<p class="problem">Choose a video first.</p>'] + [None] * 3


@pytest.mark.parametrize('name, content, says', [
    ('notes.txt', b'hello', 'notes.txt: type: found .txt, want .3gp'),
    ('a.mp4', b'hello', 'a.mp4: video: found no picture that decodes, want a video'),
    ('list.mp4', b'#EXTM3U\n/etc/passwd\n', 'list.mp4: video: found no picture that decodes'),
    ('sound.avi', None, 'sound.avi: video: found no picture that decodes'),
])
def test_what_is_no_video_is_one_line(answers, tmp_path, name, content, says):
    if content is None:
        file = io.BytesIO()
        with wave.open(file, 'wb') as sound:
            sound.setparams((1, 2, 8000, 0, 'NONE', ''))
            sound.writeframes(bytes(1600))
        content = file.getvalue()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as refused:
        answers(str(tmp_path / name))
    assert str(refused.value).startswith(says) and str(tmp_path) not in str(refused.value)
    scores, line, *files = values_of(answers, tmp_path / name)
    assert scores is None and files == [None] * 3 and line.count('<p') == 1


@pytest.mark.parametrize('limits, says', [
    (Limits(megabytes=0), 'sample.mp4: size: found 0 MB, want 0 MB at most'),
    (Limits(seconds=1), 'sample.mp4: length: found '),
    (Limits(pixels=96 * 96 - 1), 'sample.mp4: size: found 32 frames of 96 x 96'),
    (Limits(frames=31), 'sample.mp4: size: found 32 frames'),
])
def test_larger_videos_are_refused(answers, limits, says):
    with pytest.raises(InputError) as refused:
        limits.check(answers.sample)
    assert str(refused.value).startswith(says)
    Limits().check(answers.sample)


def test_a_checkpoint_that_is_missing_names_the_command(monkeypatch, tmp_path, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(page, 'import_gradio', lambda: None)
    assert run_tool('tools/demo.py') == 2
    assert capfd.readouterr().err.splitlines()[-1] == (
        'error: work_dirs/quickstart/best.pth: checkpoint: found no such file, want one: make '
        'quickstart trains it, --checkpoint names another')


def test_a_gradio_that_is_missing_names_the_command(monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, 'gradio', None)
    assert run_tool('tools/demo.py') == 2
    assert 'gradio: found nothing, want make demo' in capfd.readouterr().err.splitlines()[-1]


@pytest.fixture(scope='module')
def served(checkpoint):
    folder = checkpoint.parents[2]
    (folder / 'secret.txt').write_text('not for others')
    make, command = page_commands('demo.md')
    assert make == 'make demo' and '\ndemo: ' in (ROOT / 'Makefile').read_text()
    _, script, *arguments = shlex.split(command)
    process = subprocess.Popen([sys.executable, ROOT / script, *arguments], cwd=folder, text=True,
                               stdout=subprocess.PIPE, env=dict(os.environ, PYTHONPATH=str(ROOT)),
                               preexec_fn=listen_to_ctrl_c)
    line = next((line for line in process.stdout if line.startswith('In a browser: ')), '')
    assert line, process.wait()
    yield folder, line.split()[3].rstrip('/')
    process.send_signal(signal.SIGINT)
    try:
        assert process.wait(60) == 0
    finally:
        process.kill()


def status_of(request):
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def post(url, content):
    return urllib.request.Request(url,
                                  json.dumps(content).encode(),
                                  {'Content-Type': 'application/json'})


def recognize(address, path):
    """Ask for an answer as the page does; return the last event's name and data."""
    data = [dict(path=str(path), meta=dict(_type='gradio.FileData'))]
    status, body = status_of(post(f'{address}/gradio_api/call/recognize', dict(data=data)))
    assert status == 200
    _, events = status_of(f'{address}/gradio_api/call/recognize/{json.loads(body)["event_id"]}')
    event, data = events.decode().strip().rsplit('\n\n', 1)[-1].splitlines()[:2]
    return event.removeprefix('event: '), json.loads(data.removeprefix('data: '))


@needs_gradio
def test_the_page_serves_its_own_outputs_alone(served):
    folder, address = served
    assert address.startswith('http://127.0.0.1:')
    status, html = status_of(f'{address}/')
    assert status == 200 and b'fonts.googleapis.com/css' not in html
    config = json.loads(status_of(f'{address}/config')[1])
    assert not config['analytics_enabled'] and not config.get('is_space')
    video = next(part['props']['value'] for part in config['components']
                 if part['type'] == 'video' and part['props'].get('value'))
    event, values = recognize(address, video['path'])
    assert event == 'complete' and values[0]['label'] in 'abcdefgh'
    for file in values[2:]:
        status, content = status_of(f'{address}/gradio_api/file={file["path"]}')
        assert status == 200 and len(content) > 1000
    for path in (folder / 'secret.txt', 'secret.txt', folder / 'work_dirs/quickstart/best.pth',
                 '/etc/passwd', '../../../etc/passwd'):
        status, content = status_of(f'{address}/gradio_api/file={path}')
        assert status in (403, 404) and b'for others' not in content, path
        # Nor is it read as a video, which would put a copy of it where files are served.
        event, _ = recognize(address, path)
        assert event == 'error'


@needs_gradio
def test_an_upload_beyond_the_limit_is_refused_by_http(served):
    _, address = served
    body = (b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n' +
            bytes(51 * 2**20) + b'\r\n--x--\r\n')
    request = urllib.request.Request(f'{address}/gradio_api/upload', body,
                                     {'Content-Type': 'multipart/form-data; boundary=x'})
    try:
        status, _ = status_of(request)
    except (urllib.error.URLError, ConnectionError):  # it hangs up
        status = 413
    assert status == 413


def drop(page, name, content):
    """Drop a file on the page's video, as a mouse does."""
    page.click('#video [aria-label=Clear]')
    files = page.evaluate_handle(
        '''([name, content]) => {
        const transfer = new DataTransfer();
        const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name, {type: 'video/mp4'}));
        return transfer; }''', [name, base64.b64encode(content).decode()])
    page.dispatch_event('#video button.upload-container', 'drop', dict(dataTransfer=files))
    page.wait_for_selector('#video video')
    page.click('#recognize')


@needs_gradio
@needs_browser
@pytest.mark.parametrize('width, scheme', [(1280, 'light'), (390, 'dark')])
def test_a_dropped_video_is_answered_in_a_browser(served, answers, width, scheme):
    with opened(served[1], width, scheme) as shown:
        shown.wait_for_selector('#video video')
        assert_fits(shown)
        back, text = brightness(shown)
        assert (back > text + 150) if scheme == 'light' else (text > back + 150)
        drop(shown, 'mine.mp4', Path(answers.sample).read_bytes())
        shown.wait_for_selector('#drawn video')
        assert shown.inner_text('#action h2').strip() in set('abcdefgh')
        assert '32 frames' in shown.inner_text('#says') and shown.locator('#action dd').count() == 5
        assert_plays(shown, '#drawn video')
        for name in ('attention', 'joints'):
            assert shown.evaluate(f'document.querySelector("#{name} img").naturalWidth') > 300
        assert_fits(shown)


@needs_gradio
@needs_browser
def test_what_is_no_video_is_one_line_in_a_browser(served):
    with opened(served[1], 390, 'light') as shown:
        shown.wait_for_selector('#video video')
        drop(shown, 'mine.mp4', b'hello')
        shown.wait_for_selector('#says .problem')
        assert shown.inner_text('#says') == (
            'mine.mp4: video: found no picture that decodes, want a video')
        assert_fits(shown)
