"""The comparison on real clips: folds, stored clips, the queue's order, and the page."""
import pickle

import numpy as np
import pytest
import torch
from mmaction.registry import DATASETS, METRICS, MODELS

from mmaction_d3d.engine import DATA_VARIABLE
from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.modality_conditions import AS_IS
from mmaction_d3d.files import write_pickle
from research.real_clips import crop_size, worker
from research.real_clips.command import ROOT, main
from research.real_clips.folds import FOLDS, SIDE, fold_splits, model_config, prepare, set_fold
from research.real_clips.page import difference, mean_of
from research.real_clips.queue import MODELS as COMPARED
from research.real_clips.queue import missing_runs, settings_of
from research.real_clips.records import Records

NAMES = [f'set1_seq{number:02}_{number:02}_push' for number in range(1, 11)]
PAGE = '# Made up\n' + ''.join(f'<!-- {name} -->\nold\n<!-- end {name} -->\nkept {name}\n'
                               for name in ('accuracy', 'removal', 'missing'))


@pytest.fixture(scope='module')
def settings():
    return settings_of(ROOT, list(COMPARED))


def make_row(config, fold, seed, settings, right, **changes):
    """A run of the test clips of a fold, each of class 0, and whether each was recognised."""
    names = [name for name in NAMES if int(name[8:10]) in FOLDS[fold]['test']]
    clips = [
        dict(split='test', condition=AS_IS, clip=name, label=0, right=hit,
             scores='0.9 0.1' if hit else '0.4 0.6') for name, hit in zip(names, right)
    ]
    return dict(config=config, fold=fold, seed=seed, settings=settings, updates=480,
                num_test=len(clips), correct=sum(right), train_top1=1., val_top1=0.5,
                parameters=1_000_000, clips=clips) | changes


def test_folds_test_each_clip_once_and_keep_sequences_apart():
    splits = fold_splits(NAMES)
    tested = [name for fold in range(3) for name in splits[f'fold{fold}_test']]
    assert sorted(tested) == NAMES
    for fold in range(3):
        parts = [splits[f'fold{fold}_{part}'] for part in ('train', 'val', 'test')]
        assert sorted(sum(parts, [])) == NAMES and all(parts)
    with pytest.raises(InputError, match='frame_dir: found clip7, want a name with seq'):
        fold_splits(['clip7'])


@pytest.fixture(scope='module')
def clips(rgb_pose_data, tmp_path_factory):
    """Ten drawn clips, one a sequence, as the set has them; the folder, and that of stored ones."""
    data = rgb_pose_data(num_videos=10, num_frames=6, size=(40, 64), num_person=2)
    for clip, name in zip(data.annotations, NAMES):
        (data.video_dir / f'{clip["frame_dir"]}.mp4').rename(data.video_dir / f'{name}.mp4')
        clip['frame_dir'] = name
    data.content['split'] = {}
    data.ann_file = data.root / 'set1_movenet.pkl'
    data.save()
    work_dir = tmp_path_factory.mktemp('real_clips')
    prepare(data.root, work_dir / 'clips')
    return data, work_dir


def test_stored_squares_are_what_the_pipeline_gives(clips):
    data, work_dir = clips
    steps = [
        dict(type='AlignedSampleFrames', clip_len=6, test_mode=True),
        dict(type='AlignedDecode')
    ]
    square = [dict(type='SquarePad'), dict(type='Resize', scale=(SIDE, SIDE), keep_ratio=False)]
    read = data.build([*steps, *square], test_mode=True)[3]
    cfg = model_config(ROOT, 'r2plus1d').test_dataloader.dataset
    folder = work_dir / 'clips'
    stored = DATASETS.build(
        dict(cfg, ann_file=str(folder / 'annotations.pkl'),
             data_prefix=dict(img=str(folder / 'frames')), pipeline=steps))[3]
    np.testing.assert_array_equal(stored['imgs'], read['imgs'])
    np.testing.assert_array_equal(stored['keypoint'], read['keypoint'])
    assert stored['label'] == read['label'] == 1


@pytest.mark.parametrize('model', COMPARED)
def test_models_train_on_a_batch_of_stored_clips(model, clips):
    _, work_dir = clips
    folder = work_dir / 'clips'
    cfg = model_config(ROOT, model)
    set_fold(cfg, 1, fold_splits(NAMES) | dict(fold1_train=NAMES[:6]))
    assert cfg.train_dataloader.dataset.times == 480 * 16 / 4 / 6
    place = dict(ann_file=str(folder / 'annotations.pkl'), split='fold1_train',
                 data_prefix=dict(img=str(folder / 'frames')))
    dataset = DATASETS.build(dict(cfg.train_dataloader.dataset.dataset, **place))
    network = MODELS.build(cfg.model)
    batch = network.data_preprocessor(
        dict(
            inputs={
                key: [dataset[i]['inputs'][key] for i in range(2)] for key in dataset[0]['inputs']
            }
            if isinstance(dataset[0]['inputs'], dict) else [dataset[i]['inputs'] for i in range(2)],
            data_samples=[dataset[i]['data_samples'] for i in range(2)]), training=True)
    losses = network(**batch, mode='loss')
    total = sum(value for name, value in losses.items() if 'loss' in name)
    total.backward()
    assert torch.isfinite(total)
    missing = [name for name, p in network.named_parameters() if p.requires_grad and p.grad is None]
    assert not missing


def test_updates_that_no_whole_passes_make_are_refused():
    cfg = model_config(ROOT, 'pose_mlp', dict(updates=7))
    with pytest.raises(InputError, match='updates: found 7, want such that each validation'):
        set_fold(cfg, 0, fold_splits(NAMES))


def test_the_mlp_does_not_see_where_and_how_large_people_are():
    network = MODELS.build(dict(type='PoseMLP', num_tokens=3 * 34, hidden=8))
    keypoint = 60 * torch.rand(2, 3, 34, 3)
    keypoint[..., 2] = (torch.rand(2, 3, 34) > 0.3).float()
    moved = keypoint.clone()
    moved[..., :2] = 3 * moved[..., :2] + torch.tensor([5., -7.])
    moved[..., :2][moved[..., 2] == 0] = 1000.  # where a missing joint is said to be
    torch.testing.assert_close(network(keypoint), network(moved))
    moved[0, 0, 0, 2] = 1 - moved[0, 0, 0, 2]
    assert not torch.allclose(network(keypoint)[0][0], network(moved)[0][0])


def test_a_checkpoint_is_chosen_by_accuracy_and_then_by_likelihood():
    metric = METRICS.build(dict(type='AccuracyThenLikelihood'))

    def score(*pairs):
        metric.process(None, [
            dict(pred_score=torch.tensor(scores), gt_label=torch.tensor(label))
            for scores, label in pairs
        ])
        return metric.evaluate(len(pairs))

    unsure = score(([0.6, 0.4], 0), ([0.6, 0.4], 1))
    sure = score(([0.9, 0.1], 0), ([0.6, 0.4], 1))
    wrong_but_likely = score(([0.49, 0.51], 0), ([0.49, 0.51], 0))
    assert unsure['chosen/top1'] == sure['chosen/top1'] == 0.5
    assert sure['chosen/score'] > unsure['chosen/score'] > wrong_but_likely['chosen/score']
    pathways = dict(rgb=torch.tensor([0.9, 0.1]), pose=torch.tensor([0.3, 0.7]))
    metric.process(None, [dict(pred_score=pathways, gt_label=torch.tensor(0))])
    assert metric.evaluate(1) == pytest.approx({'chosen/top1': 1., 'chosen/score': 1.006})


def test_a_fold_of_all_models_comes_before_the_next_and_finished_runs_are_left_out(
        tmp_path, settings):
    records = Records(tmp_path / 'runs.csv')
    records.add(make_row('d3d', 0, 0, settings['d3d'], [1, 0, 1]))
    records.add(make_row('pose_mlp', 0, 0, 'of an older config', [1, 0, 1]))
    runs = missing_runs(Records(tmp_path / 'runs.csv'), settings, [0, 1])
    assert len(runs) == len(COMPARED) * 3 * 2 - 1
    assert runs[:2] == [('pose_mlp', 0, 0), ('r2plus1d', 0, 0)]
    assert runs[len(COMPARED) - 1] == ('d3d', 1, 0)
    assert [seed for _, _, seed in runs] == sorted(seed for _, _, seed in runs)


def test_a_run_takes_the_place_of_all_that_an_older_one_left(tmp_path):
    records = Records(tmp_path / 'runs.csv')
    older = make_row('d3d', 0, 0, 'older', [1, 0, 1])
    older['clips'] += [dict(clip, condition='no skeleton') for clip in older['clips']]
    records.add(older)
    records.add(make_row('d3d', 0, 1, 'older', [1, 0, 1]))
    records.add(make_row('d3d', 0, 0, 'newer', [0, 0, 1]))
    again = Records(tmp_path / 'runs.csv')
    assert [(row['seed'], row['settings']) for row in again.runs] == [(0, 'newer'), (1, 'older')]
    assert [(clip['seed'], clip['condition'], clip['right']) for clip in again.clips
            ] == [(0, AS_IS, hit) for hit in (0, 0, 1)] + [(1, AS_IS, hit) for hit in (1, 0, 1)]


def test_means_and_paired_differences():
    hits = {('a', 0): 1, ('b', 0): 0, ('a', 1): 1, ('b', 1): 1}
    assert mean_of(hits).startswith('75.0 (')
    assert mean_of(dict.fromkeys(hits, 1)) == '100.0 (100.0 to 100.0)'
    assert difference(hits, {('a', 0): 0, ('b', 0): 0, ('c', 5): 1}).startswith('+50.0 (')
    assert difference(hits, {('c', 5): 1}) == mean_of({}) == ''


def test_the_page_is_drawn_from_stored_results_and_names_what_is_missing(tmp_path, settings):
    results, page = tmp_path / 'runs.csv', tmp_path / 'page.md'
    page.write_text(PAGE)
    records = Records(results)
    for seed in range(2):
        row = make_row('d3d', 0, seed, settings['d3d'], [1, 1, 0])
        row['clips'] += [dict(clip, condition='no skeleton', right=0) for clip in row['clips']]
        records.add(row)
    records.add(make_row('r2plus1d', 0, 0, settings['r2plus1d'], [1, 0, 0]))
    records.add(make_row('pose_mlp', 0, 0, settings['pose_mlp'], [0, 1, 1]))
    records.add(make_row('posec3d', 0, 0, 'of an older config', [1, 1, 1]))
    main(['--redraw', f'--results={results}', f'--page={page}'])
    text = page.read_text()
    assert 'old\n' not in text and all(f'kept {name}\n' in text
                                       for name in ('accuracy', 'removal', 'missing'))
    rows = {
        line.split('|')[1].strip(): line
        for line in text.partition('<!-- end accuracy')[0].splitlines() if line[:2] == '| '
    }
    assert '| 66.7 (0.0 to 100.0) | 3 x 2 |' in rows['D3D']
    assert '| 33.3 (' in rows['R(2+1)D'] and '| -33.3 (' in rows['R(2+1)D']
    # Of probabilities 0.9 0.1 and 0.4 0.6 the mean is 0.65 0.35.
    assert '| 100.0 (' in rows['late fusion of R(2+1)D and the MLP']
    assert 'PoseC3D' not in rows
    assert '| no skeleton | 0.0 (0.0 to 0.0) | -66.7 (' in text
    assert '38 runs are still to be done' in text
    assert '- PoseC3D: fold 0 seed 0, fold 1 seed 0' in text and '- D3D: fold 1 seed 0' in text


def test_a_page_without_markers_is_refused(tmp_path):
    (tmp_path / 'page.md').write_text('nothing')
    with pytest.raises(InputError, match='found none, want <!-- accuracy -->'):
        main(['--redraw', f'--results={tmp_path / "runs.csv"}', f'--page={tmp_path / "page.md"}'])


def test_a_forest_on_sizes_is_the_baseline_of_the_crop(tmp_path):
    pytest.importorskip('sklearn')
    annotations = tmp_path / 'annotations.pkl'
    clips = [
        dict(frame_dir=f'{name}{i}', label=i, original_shape=(100, 200 + 100 * i), total_frames=50)
        for name in NAMES for i in range(2)
    ]
    content = dict(split=fold_splits([clip['frame_dir'] for clip in clips]), annotations=clips)
    annotations.write_bytes(pickle.dumps(content))
    records = Records(tmp_path / 'runs.csv')
    crop_size.store_forests(records, annotations, [0])
    again = Records(tmp_path / 'runs.csv')
    assert [row['top1'] for row in again.runs] == [1., 1., 1.]
    assert sum(clip['split'] == 'test' for clip in again.clips) == 20


def test_intervals_do_not_depend_on_the_order_of_clips():
    hits = {(f'clip{index:02}', 0): int(index < 10) - int(index > 14) for index in range(18)}
    assert mean_of(hits) == mean_of(dict(reversed(hits.items())))


def test_the_committed_page_is_that_of_the_committed_results(tmp_path, settings):
    page = tmp_path / 'accuracy.md'
    page.write_text((ROOT / 'docs' / 'accuracy.md').read_text())
    main(['--redraw', f'--page={page}'])
    assert page.read_text() == (ROOT / 'docs' / 'accuracy.md').read_text()


def test_a_run_of_a_queue_that_knew_another_config_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    write_pickle(tmp_path / 'annotations.pkl', dict(split={}))
    with pytest.raises(InputError, match='d3d.py: settings: found .*, want 0123, as when'):
        worker.run(dict(root=str(ROOT), config='d3d', overrides={}, settings='0123'))
