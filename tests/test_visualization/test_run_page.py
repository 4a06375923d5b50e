"""A run as one page: what it says, that nothing a stranger named becomes markup, and no network."""
import base64
import csv
import io
import json
import re
import shutil
from html.parser import HTMLParser

import av
import numpy as np
import pytest
from browsing import assert_fits, assert_plays, brightness, needs_browser, opened
from running import run_tool

from mmaction_d3d.evaluation import wilson_interval
from mmaction_d3d.evaluation.run_records import read_starts
from mmaction_d3d.visualization import run_page as module
from mmaction_d3d.visualization.run_page import Room, run_page

STRANGE = '<script>alert("x")</script>'
LOG = '''2026/01/01 - mmengine - INFO - Command: python tools/train.py a.py --seed 7
2026/01/01 - mmengine - INFO -
------------------------------------------------------------
System environment:
    Python: 3.11.7 {strange}

Runtime environment:
    seed: 7
------------------------------------------------------------

'''.replace('{strange}', STRANGE)


def content(source, **changes):
    """Eight clips of three classes, the last two of which are wrong."""
    score = np.eye(3)[[0, 0, 0, 1, 1, 1, 0, 1]] * 0.6 + 0.1
    score[7] = 0.3, 0.4, 0.3
    names = np.array([f'clip{i}' for i in range(7)] + [f'{STRANGE}.mp4'])
    values = dict(name=names, source=np.array([source] * 8), frame_inds=np.tile([0, 3, 5], (8, 1)),
                  label=np.array([0, 0, 0, 1, 1, 1, 2, 2]), score=score, feature=np.zeros(
                      (8, 2)), classes=np.array([STRANGE, 'b" onload="x', "c' & d"]))
    return {**values, **changes}


@pytest.fixture(scope='module')
def work(tmp_path_factory, square_video):
    """A work directory that holds all that a page shows, of strange names."""
    root = tmp_path_factory.mktemp('a <b> & "c"')
    square_video.write(root / 'video.mp4', square_video.draw(6, (32, 48)))
    np.savez(root / 'clips.npz', **content(str(root / 'video.mp4')))
    (root / '1' / 'vis_data').mkdir(parents=True)
    (root / '1' / '1.log').write_text(LOG)
    (root / '1' / 'vis_data' / 'config.py').write_text(f'a = {STRANGE!r}\n')
    lines = [dict(loss=2. / step, lr=0.1, step=step)
             for step in (10, 20)] + [{'acc/top1': 0.5, 'step': 1}]
    (root / '1' / 'vis_data' / 'scalars.json').write_text('\n'.join(map(json.dumps, lines)))
    with (root / 'modality_check.csv').open('w') as file:
        csv.writer(file).writerows([['condition', 'clips', 'top1', 'low', 'high', 'meaning'],
                                    ['no skeleton', 8, 0.25, 0.07, 0.59, STRANGE]])
    (root / 'attention').mkdir()
    shutil.copy(root / 'video.mp4', root / 'attention' / 'clip6.mp4')
    return root


@pytest.fixture(scope='module')
def text(work):
    return run_page(str(work))


class Seen(HTMLParser):
    """Elements with their attributes, headings and all text of a page."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.words = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ('img', 'meta'):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope='module')
def seen(text):
    return Seen(text)


def test_the_figures_are_those_of_the_clips(seen):
    words = ' '.join(seen.words)
    low, high = wilson_interval(6, 8)
    assert f'top-1 0.750 (6 of 8 clips; {low:.3f} to {high:.3f})' in words
    assert 'mean of 3 classes: 0.667' in words
    # Softmax gives 7 clips 0.4767, of which 6 are right, and one that is wrong 0.3559.
    assert 'calibration error 0.377 (15 bins, of scores that are logits)' in words
    assert f"c' & d as {STRANGE}: 1 of 2 clips" in words
    shares = [cell['style'] for cell in seen.of('td') if 'style' in cell]
    assert shares == [
        f'--share:{share}' for share in ('0.750', '0.000', '0.000', '0.000', '0.750', '0.000',
                                         '0.375', '0.375', '0.000')
    ]
    for part in ('no skeleton', '0.070 to 0.590', 'seed: 7', '3.11.7',
                 'command: python tools/train.py a.py --seed 7'):
        assert part in words
    assert not [
        attributes for _, attributes in seen.elements if attributes.get('class') == 'missing'
    ]


def test_the_least_recognised_class_comes_first(text):
    rows = re.findall(r'<th scope="row">([^<]*)</th><td>(\d)</td><td>(\d)</td><td>([\d.]+)</td>',
                      text)
    assert [(name[:2], *counts) for name, *counts in rows[:3]] == [('c&', '2', '0', '0.000'),
                                                                   ('&l', '3', '3', '1.000'),
                                                                   ('b&', '3', '3', '1.000')]


def test_the_worst_mistake_plays_first_with_what_was_drawn_of_it(seen):
    videos = seen.of('video')
    assert [video['aria-label']
            for video in videos] == ['clip6', 'attention on clip6', f'{STRANGE}.mp4']
    assert all('controls' in video for video in videos)
    kind, _, data = videos[0]['src'].partition(',')
    assert kind == 'data:video/mp4;base64'
    with av.open(io.BytesIO(base64.b64decode(data))) as video:
        stream = video.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ('h264', 48, 32)
        assert sum(1 for _ in video.decode(video=0)) == 3


def test_a_strangers_text_is_text(seen, text):
    assert seen.open == [] and not {'script', 'iframe', 'link', 'object', 'form', 'base'
                                    } & {tag for tag, _ in seen.elements}
    assert not [
        name for _, attributes in seen.elements for name in attributes if name.startswith('on')
    ]
    assert ' '.join(seen.words).count(STRANGE) >= 6  # classes, clip, meaning, config, environment


def test_nothing_is_loaded_from_elsewhere(seen, text):
    for tag, attributes in seen.elements:
        for name in ('src', 'href', 'poster', 'data', 'action', 'srcset'):
            value = attributes.get(name, '#')
            assert value.startswith('#' if name == 'href' else ('#', 'data:')), (tag, name)
    assert not re.search(r'url\(|@import', text)
    policy, = [meta['content'] for meta in seen.of('meta') if 'http-equiv' in meta]
    assert policy.startswith("default-src 'none'; ") and 'http' not in policy


def test_a_phone_a_keyboard_and_a_dark_screen_are_thought_of(seen, text):
    assert {'name': 'viewport', 'content': 'width=device-width, initial-scale=1'} in seen.of('meta')
    assert 'prefers-color-scheme: dark' in text and ':focus-visible' in text
    anchors = {attributes['href'][1:] for attributes in seen.of('a')}
    assert anchors <= {attributes.get('id') for _, attributes in seen.elements}
    wide = [attributes for attributes in seen.of('div') if attributes.get('class') == 'scroll']
    assert len(wide) >= 4 and all(part['tabindex'] == '0' and part['aria-label'] for part in wide)
    assert all(picture['alt'] for picture in seen.of('img'))


def missing(text):
    return re.findall(r'<p class="missing">(.*?)</p>', text)


def test_what_is_missing_is_named(work, tmp_path):
    np.savez(tmp_path / 'clips.npz',
             **content(str(tmp_path / 'gone.mp4'), label=np.array([0, 0, 0, 1, 1, 1, 0, 0])))
    says = '\n'.join(missing(run_page(str(tmp_path))))
    for part in ('No training here', 'No modality check here', 'No log here', 'gone.mp4: ',
                 'Classes without a test clip: c&#x27; &amp; d'):
        assert part in says
    shutil.copytree(work / '1', tmp_path / 'b' / '1')
    assert missing(run_page(str(tmp_path / 'b')))[0].startswith('Not tested here: no *.npz, which')


def test_a_page_does_not_grow_beyond_its_limit(work, text, monkeypatch):
    monkeypatch.setattr(module, 'MOST_MEDIA', 2500)
    smaller = run_page(str(work))
    assert len(smaller) < len(text) - 10_000
    assert sum(len(base64.b64decode(data))
               for data in re.findall(r'base64,([^"]*)"', smaller)) <= 2500
    assert 'Curves of the training: left out, as the page would grow too large' in missing(smaller)
    room = Room(4)
    assert room.address(b'12345', 'a/b') is None and room.address(b'1234', 'a/b')
    assert room.address(b'1', 'a/b') is None


def test_an_overlay_that_is_too_large_is_named(work, tmp_path):
    shutil.copytree(work, tmp_path / 'run')
    (tmp_path / 'run' / 'attention' / 'clip6.mp4').unlink()
    (tmp_path / 'run' / 'attention' / 'clip6.png').write_bytes(bytes(module.MOST_MEDIA))
    assert missing(run_page(str(
        tmp_path / 'run'))) == ['attention on clip6: left out, as the page would grow too large']


def test_no_file_outside_the_work_directory_is_shown(tmp_path, square_video):
    root = tmp_path / 'work'
    (root / 'attention').mkdir(parents=True)
    (tmp_path / 'secret.png').write_bytes(b'secret')
    (root / 'attention' / 'clip6.png').symlink_to(tmp_path / 'secret.png')
    names = np.array([f'clip{i}' for i in range(7)] + ['../../secret'])
    np.savez(root / 'clips.npz', **content('gone.mp4', name=names))
    assert base64.b64encode(b'secret').decode() not in run_page(str(root))


def test_many_classes_have_a_picture_in_place_of_a_table(tmp_path):
    count = 31
    np.savez(
        tmp_path / 'clips.npz',
        **dict(content('gone.mp4'), score=np.eye(count)[[0, 0, 0, 1, 1, 1, 0, 1]],
               classes=np.array([])))
    page = Seen(run_page(str(tmp_path)))
    assert [picture['alt'] for picture in page.of('img')] == ['Confusion matrix']
    assert 'top-5' in ' '.join(page.words)


def test_the_quickstarts_own_check_is_read(tmp_path, work):
    shutil.copytree(work, tmp_path / 'run')
    (tmp_path / 'run' / 'modality_check.csv').unlink()
    (tmp_path / 'run' / 'results.json').write_text(
        json.dumps(
            dict(
                num_test=240, modalities=[
                    dict(condition='blank RGB', top1=0.125, interval=[0.089, 0.173],
                         meaning='What is left is what the skeleton alone gives.')
                ])))
    words = ' '.join(Seen(run_page(str(tmp_path / 'run'))).words)
    assert 'blank RGB' in words and '0.089 to 0.173' in words and '240' in words
    assert 'the skeleton alone gives' in words


def test_a_log_that_says_nothing_is_no_error(tmp_path):
    (tmp_path / '1').mkdir()
    (tmp_path / '1' / '1.log').write_bytes(b'\xff no log')
    start, = read_starts(tmp_path)
    assert start[1:] == ('', '', '', '')


@pytest.mark.parametrize('make, says', [
    (lambda root: root / 'none', 'WORK_DIR: found no such folder'),
    (lambda root: root, 'WORK_DIR: found neither'),
])
def test_a_wrong_folder_is_one_line(tmp_path, make, says, capsys):
    assert run_tool('tools/report.py', make(tmp_path)) == 2
    line, = capsys.readouterr().err.splitlines()
    assert line.startswith('error: ') and says in line and not list(tmp_path.iterdir())


def test_a_check_of_another_form_is_one_line(work, tmp_path, capsys):
    shutil.copytree(work, tmp_path / 'run')
    (tmp_path / 'run' / 'modality_check.csv').write_text('a,b\n1,2\n')
    assert run_tool('tools/report.py', tmp_path / 'run') == 2
    assert 'modality_check.csv: content: found no ' in capsys.readouterr().err


def test_the_tool_writes_the_page(work, tmp_path, capsys):
    out = tmp_path / 'page.html'
    assert run_tool('tools/report.py', work, '--out', out, '--mistakes', '1') == 0
    assert capsys.readouterr().out == f'Report: {out}\nnext: python tools/infer.py my.mp4\n'
    assert len(Seen(out.read_text()).of('figure')) == 1


@needs_browser
@pytest.mark.parametrize('width, scheme', [(1280, 'light'), (390, 'dark')])
def test_it_is_read_in_a_browser(text, tmp_path, width, scheme):
    (tmp_path / 'page.html').write_text(text)
    with opened((tmp_path / 'page.html').as_uri(), width, scheme) as shown:
        assert_fits(shown)
        back, letters = brightness(shown)
        assert (back > letters + 150) if scheme == 'light' else (letters > back + 150)
        assert_plays(shown, 'video')
        assert shown.evaluate('[...document.images].every(image => image.naturalWidth > 0)')
        # With the keyboard alone: past the links to what was done, and open what is closed.
        shown.keyboard.press('Tab')
        assert shown.evaluate('document.activeElement.className') == 'skip'
        shown.keyboard.press('Enter')
        assert shown.evaluate('document.activeElement.id') == 'content'
        closed = shown.evaluate('document.querySelectorAll("details:not([open])").length')
        shown.focus('details:not([open]) > summary')
        shown.keyboard.press('Enter')
        assert shown.evaluate('document.querySelectorAll("details:not([open])").length') < closed
