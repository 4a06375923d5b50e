"""A fixed sample of the hostile inputs of ``make torture``, each before a command that reads it."""
import pytest

from tests.hostile import campaign, judging, sandbox

# One of each kind that has gone wrong once, and of each family.
SAMPLE = [
    'videos: list of files: infer', 'videos: huge picture: check', 'videos: cover first: export',
    'videos: wide: draw', 'pickles: split: none: check',
    'pickles: total_frames of 5000 digits: check', 'checkpoints: meta.seed: tensor: resume',
    'pickles: os.system: train', 'pickles: shard of 10^12: merge',
    'pickles: shared pairs as a key: check', 'pickles: object number in a large file: train',
    'pickles: total_frames of 5000 digits: export', 'checkpoints: code in config: resume',
    'checkpoints: message_hub: none: resume', 'checkpoints: a weight: one number spread: infer',
    '.skeleton: frames 9999999999: ntu', 'JSON: images.0.height digits: attach coco',
    'labels: pixels: attach ultralytics labels', 'JSON: 0.frame_id list: attach mmpose',
    'CSV: outside: prepare csv', 'FineGYM lists: class of digits: finegym',
    'MATLAB files: nframes nan: pennaction', 'config values: optim_wrapper.optimizer.lr=abc: train',
    'config values: param_scheduler.0.end=abc: train', 'pickles: classes: array of text: check',
    'JSON: twice the key: attach ultralytics', 'config values: model.cls_head.in_channels=7: train',
    'config values: model.cls_head.in_channels=-1: train',
    'config values: model.backbone.backbone.pretrained=7: train', 'configs: model of text: infer',
    'file names: not UTF-8: prepare', 'folders: a file in place of the output folder: train'
]


@pytest.fixture(scope='module')
def boxes(tmp_path_factory):
    """Copies of a good folder, and the cases by title."""
    campaign.one_thread()
    boxes = sandbox.Sandboxes(tmp_path_factory.mktemp('hostile'))
    boxes.cases, boxes.inputs = {}, set()
    for case in campaign.cases(boxes.good):
        boxes.inputs.add((case.family, case.name))
        if case.title in SAMPLE:
            boxes.cases[case.title] = case
    return boxes


@pytest.mark.parametrize('title', SAMPLE)
def test_a_hostile_input_ends_in_one_line(boxes, title):
    ended = campaign.run(boxes, boxes.cases[title])
    assert not ended.faults, ended.output[-2000:]


def test_there_are_hundreds_of_inputs(boxes):
    assert len(boxes.inputs) > 1000 and len({family for family, _ in boxes.inputs}) == 13


@pytest.mark.parametrize('command', [sandbox.CHECK, sandbox.MERGE])
def test_the_good_files_are_accepted(boxes, command):
    ended = boxes.run(command, lambda folder: None, 'good')
    assert ended.code == 0 and not ended.faults, ended.output


@pytest.mark.parametrize('tool, says', [
    ('raise KeyError', 'a traceback'),
    ('import os; os.kill(os.getpid(), 11)', 'crash: -11'),
    ('print("no line"); raise SystemExit(2)', 'no error line'),
    ('', 'accepted'),
    ('x = bytearray(10**10)', 'GiB'),
    ('import time; time.sleep(9)', 'still running'),
    ('open("../neighbour/mine.txt", "w").close()', 'outside of its folder'),
    ('open("mark", "w").close()', 'CODE OF THE INPUT RAN'),
    ('open("x.part", "w").close()', 'left case/x.part'),
    ('open("out.pkl", "w").close(); raise SystemExit(2)', 'failed, and left out.pkl'),
])
def test_the_judge_sees_each_fault(boxes, tmp_path, monkeypatch, tool, says):
    script = tmp_path / 'tool.py'
    script.write_text(tool)
    monkeypatch.setattr(judging, 'SECONDS', 2)
    command = sandbox.Command('x', str(script), (), ('out.pkl', ))
    assert says in ' '.join(boxes.run(command, lambda folder: None).faults)
