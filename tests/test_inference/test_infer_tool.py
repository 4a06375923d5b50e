"""tools/infer.py from the command line."""
import csv
import json
import pickle
import wave

import numpy as np
import pytest
import torch
from running import run_tool

from .support import CLASSES


@pytest.fixture
def infer(tiny, tmp_path, capfd):
    """Run the tool; return (exit code, stdout, last line of stderr)."""

    def run(*argv, skeletons=True):
        given = ['--skeletons', tiny.data.ann_file] if skeletons else []
        code = run_tool('tools/infer.py', *argv, '--config', tiny.config, '--checkpoint',
                        tiny.checkpoint, '--out', tmp_path / 'out', *given)
        out, err = capfd.readouterr()
        return code, out, err.rstrip('\n').rpartition('\n')[2]

    return run


def test_scores_are_those_of_the_test_tool(infer, tiny, tmp_path, monkeypatch):
    # MMEngine lays out the config it logs and saves: most of a short run's time.
    monkeypatch.setattr('mmengine.config.config.FormatCode', lambda text, **style: (text, True))
    dump = tmp_path / 'dump.pkl'
    assert run_tool('tools/test.py', tiny.config, tiny.checkpoint, '--work-dir', tmp_path / 'work',
                    '--dump', dump) == 0
    assert infer(tiny.data.video_dir, '--no-video', '--batch-size', 2)[0] == 0
    tested = pickle.loads(dump.read_bytes())
    assert len(tested) == 2
    for sample in tested:
        answer = json.loads((tmp_path / 'out' / f'{sample["frame_dir"]}.json').read_text())
        np.testing.assert_allclose(answer['scores'], sample['pred_score'].numpy(), rtol=0,
                                   atol=1e-5)


def test_many_files_make_a_table_and_one_broken_file_a_row(infer, tiny, tmp_path):
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'broken.mp4').write_bytes(b'nothing')
    code, out, _ = infer(tmp_path / 'in', f'{tiny.data.video_dir}/clip*.mp4', '--no-video')
    assert code == 1
    assert '1 of 3 files could not be recognised:\n' in out and 'broken.mp4: video: found' in out
    with open(tmp_path / 'out' / 'results.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    assert [bool(row['error']) for row in rows] == [True, False, False]
    assert all(row['class'] in CLASSES for row in rows[1:])


def test_one_file_writes_json_and_video(infer, tiny, tmp_path):
    code, out, _ = infer(tiny.video(), '--no-attention', '--topk', 1)
    assert code == 0 and 'clip0.mp4: ' in out
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == ['clip0.json', 'clip0.mp4']


def audio_only(folder):
    with wave.open(str(folder / 'sound.wav'), 'wb') as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b'\0' * 1600)
    return ['sound.wav']


def empty_folder(folder):
    (folder / 'empty').mkdir()
    return ['empty']


def unnumbered_images(folder):
    (folder / 'clip0').mkdir()
    (folder / 'clip0' / 'cat.png').write_bytes(b'')
    return ['clip0']


@pytest.mark.parametrize('arrange, says', [
    (audio_only, r'sound.wav: video: found no picture stream (audio only), want a video'),
    (empty_folder, r'found empty, want a video'),
    (unnumbered_images, r'cat.png: image: found a file that cannot be decoded, want an image'),
    (lambda folder: ['nowhere.mp4'], 'found nowhere.mp4, want a video'),
    (lambda folder: ['x', '--topk', '0'], 'command line: --topk: found 0, want at least 1'),
    (lambda folder: ['x', '--batch-size', '0'], '--batch-size: found 0'),
    (lambda folder: ['x', '--fps', '0'], '--fps: found 0.0, want more than 0'),
    (lambda folder: ['x', '--stride', '1'], '--window: found nothing, want seconds'),
    (lambda folder: ['x', '--backend', 'mediapipe'],
     '--backend: found --skeletons, want one of both'),
])
def test_wrong_input_ends_with_one_line(infer, tmp_path, monkeypatch, arrange, says):
    monkeypatch.chdir(tmp_path)
    code, _, last = infer(*arrange(tmp_path))
    assert code == 2 and last.startswith('error: ') and says in last


@pytest.mark.skipif(torch.cuda.is_available(), reason='is about machines without a GPU')
@pytest.mark.parametrize('device', ['cuda', 'cuda:7', 'gpu'])
def test_a_device_that_is_not_there(infer, tiny, device):
    code, _, line = infer(tiny.video(), '--device', device)
    assert code == 2
    assert line.startswith(f'error: command line: device: found {device}, want one that torch can ')
