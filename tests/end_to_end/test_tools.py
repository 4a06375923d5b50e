"""train.py and test.py do what their flags say, on a small data set."""
import json
import os
import pickle
import resource
from pathlib import Path

import pytest
import torch

from mmaction_d3d.evaluation.run_records import read_starts

CONFIGS = Path(__file__).parents[2] / 'configs'


def weights(checkpoint):
    return torch.load(checkpoint, weights_only=True)['state_dict']


def test_train_says_where_the_results_are(run_tool, ut_args, work_dir):
    assert f'Logs and checkpoints: {work_dir}' in run_tool('train.py', *ut_args).out


def test_train_logs_what_was_mended_and_the_command(run_tool, ut_args, work_dir, monkeypatch):
    monkeypatch.setattr('mmaction_d3d.compat.report', lambda: ['upstream was broken'])
    run_tool('train.py', *ut_args)
    log, = work_dir.glob('*/*.log')
    assert 'Mended: upstream was broken' in log.read_text()
    start, = read_starts(work_dir)
    assert 'train.py ' in start.command and f'--work-dir {work_dir}' in start.command
    assert start.seed.isdigit() and 'Python: ' in start.environment and 'work_dir' in start.config


def test_same_seed_gives_the_same_weights(run_tool, ut_args, tmp_path):
    for name in ('a', 'b'):
        run_tool('train.py', *ut_args, '--seed', 3, '--work-dir', tmp_path / name)
    first, second = (weights(tmp_path / name / 'epoch_1.pth') for name in ('a', 'b'))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_workers_may_be_spawned(run_tool, ut_args, work_dir):
    """As they must be where a library does not survive a fork."""
    ended = run_tool('train.py', *ut_args, 'train_dataloader.num_workers=1',
                     'env_cfg.mp_cfg.mp_start_method=spawn', '--deterministic')
    assert ended.code == 0, ended.err
    assert (work_dir / 'epoch_1.pth').exists()


def test_resume_goes_on_where_training_ended(run_tool, ut_args, trained, work_dir):
    ended = run_tool('train.py', *ut_args, 'train_cfg.max_epochs=2', '--resume')
    assert 'Epoch(train) [1]' not in ended.out and (work_dir / 'epoch_2.pth').exists()


def test_resume_goes_on_in_a_folder_that_was_moved(run_tool, ut_args, trained, work_dir, tmp_path):
    moved = work_dir.rename(tmp_path / 'moved')
    ended = run_tool('train.py', *ut_args, 'train_cfg.max_epochs=2', '--resume', '--work-dir',
                     moved)
    assert 'resumed epoch: 1' in ended.out and (moved / 'epoch_2.pth').exists()


def test_resume_says_where_there_is_nothing_to_go_on_from(run_tool, ut_args, work_dir):
    ended = run_tool('train.py', *ut_args, '--resume')
    assert f'{work_dir} has no checkpoint to resume from: training starts afresh' in ended.out
    assert 'find last_checkpoint' not in ended.out + ended.err, 'said once'
    for path in work_dir.glob('epoch_*'):
        path.unlink()
    (work_dir / 'last_checkpoint').write_text('')
    ended = run_tool('train.py', *ut_args, '--resume')
    assert ended.code == 2
    assert 'last_checkpoint: content: found nothing, want the path of a check' in ended.last_line


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize('damage', [
    lambda folder: cut(folder / 'epoch_2.pth'), lambda folder:
    (folder / 'last_checkpoint').write_text(''), lambda folder: (folder / 'epoch_2.pth').unlink()
], ids=['cut', 'not named', 'gone'])
def test_resume_goes_on_from_a_whole_checkpoint(run_tool, ut_args, trained, work_dir, damage):
    (work_dir / 'epoch_2.pth').write_bytes(trained.read_bytes())
    os.utime(trained, (0, 0))  # the older one
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'epoch_2.pth'))
    damage(work_dir)
    ended = run_tool('train.py', *ut_args, 'train_cfg.max_epochs=2', '--resume')
    assert ended.code == 0 and 'is damaged or missing: training goes on from' in ended.out
    assert 'resumed epoch: 1' in ended.out and weights(work_dir / 'epoch_2.pth')


def test_a_damaged_checkpoint_is_not_tested(run_tool, ut_args, trained):
    data = bytearray(trained.read_bytes())
    data[-5000] ^= 1
    trained.write_bytes(data)
    ended = run_tool('test.py', ut_args[0], trained, *ut_args[1:])
    assert ended.code == 2 and 'epoch_1.pth: checksum: found ' in ended.last_line


@pytest.fixture
def fill_disk():
    """Let no file become as large as a checkpoint; what pytest captures must still fit."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, limits[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_ends_in_one_line_and_leaves_the_last_checkpoint(run_tool, ut_args, trained,
                                                                     work_dir, fill_disk):
    before = trained.read_bytes()
    fill_disk()
    ended = run_tool('train.py', *ut_args, 'train_cfg.max_epochs=2', '--resume')
    assert (ended.code, 'Traceback' in ended.err) == (2, False), ended.err
    assert f'error: {work_dir / "epoch_2.pth"}: writing: found File too large' in ended.last_line
    assert trained.read_bytes() == before
    assert {path.name for path in work_dir.glob('*') if path.is_file()} == {
        'last.pth', 'last.pth.sha256', 'epoch_1.pth', 'epoch_1.pth.sha256', 'epoch_2.pth.sha256',
        'last_checkpoint', 'd3d_ut_interaction.py'
    }


def test_a_work_folder_that_cannot_be_made_ends_in_one_line(run_tool, ut_args, tmp_path):
    (tmp_path / 'file').touch()
    ended = run_tool('train.py', *ut_args, '--work-dir', tmp_path / 'file' / 'work')
    assert (ended.code, 'Traceback' in ended.err) == (2, False), ended.err
    assert 'file: found Not a directory, want one that may be' in ended.last_line


def test_resume_from_a_named_checkpoint(run_tool, ut_args, trained, tmp_path):
    ended = run_tool('train.py', *ut_args, 'train_cfg.max_epochs=2', '--resume', trained,
                     '--work-dir', tmp_path / 'other')
    assert 'resumed epoch: 1' in ended.out


def test_best_checkpoint_of_finegym_is_by_mean_class_accuracy(run_tool, rgb_pose_data, work_dir):
    data = rgb_pose_data(num_videos=2, num_frames=4)
    data.content['split'] = dict(train=['clip0'], val=['clip1'])
    data.save()
    ended = run_tool('train.py', *finegym_args(data, work_dir))
    best = work_dir / 'best_acc_mean1_epoch_1.pth'
    assert f'Best checkpoint on the validation split: {best}' in ended.out


def test_a_checkpoint_to_resume_from_runs_no_code_and_deletes_nothing(run_tool, rgb_pose_data,
                                                                      work_dir, tmp_path):
    data = rgb_pose_data(num_videos=2, num_frames=4)
    data.content['split'] = dict(train=['clip0'], val=['clip1'])
    data.save()
    assert run_tool('train.py', *finegym_args(data, work_dir)).code == 0
    victim, ran = tmp_path / 'thesis.txt', tmp_path / 'ran'
    victim.write_text('years of work')
    path = work_dir / 'epoch_1.pth'
    checkpoint = torch.load(path, weights_only=True)
    checkpoint['meta']['config'] = f'open({str(ran)!r}, "w")'
    # Any score is better: then the best checkpoint so far is deleted.
    checkpoint['message_hub']['runtime_info'].update(best_ckpt=str(victim), best_score=-1.)
    torch.save(checkpoint, path)
    path.with_name('epoch_1.pth.sha256').unlink()
    ended = run_tool('train.py', *finegym_args(data, work_dir), 'train_cfg.max_epochs=2',
                     '--resume')
    assert ended.code == 0 and (work_dir / 'best_acc_mean1_epoch_2.pth').exists()
    assert victim.exists() and not ran.exists()


def test_no_validate_trains_without_validation(run_tool, rgb_pose_data, work_dir):
    data = rgb_pose_data(num_videos=1, num_frames=4)  # there is no split to validate on
    ended = run_tool('train.py', *finegym_args(data, work_dir), '--no-validate')
    assert (ended.code, 'Epoch(val)' in ended.out) == (0, False)


def finegym_args(data, work_dir):
    loaders = [
        f'{split}_dataloader.{option}' for split in ('train', 'val')
        for option in ('num_workers=0', 'persistent_workers=False')
    ]
    return [
        CONFIGS / 'd3d_finegym.py', '--data-root', data.root, '--work-dir', work_dir,
        '--cfg-options', 'train_cfg.max_epochs=1', 'model.backbone.backbone.base_channels=2',
        'model.cls_head.in_channels=8', 'model.backbone.num_blocks=1', 'model.backbone.num_heads=1',
        *loaders
    ]


def test_auto_scale_lr_scales_by_the_batch(run_tool, ut_args):
    ended = run_tool('train.py', *ut_args, '--auto-scale-lr')
    assert f'Scaling the original LR by {2 / 64}' in ended.out


def test_amp_is_no_mistake_on_a_machine_without_gpu(run_tool, ut_args):
    ended = run_tool('train.py', *ut_args, 'optim_wrapper.type=OptimWrapper', '--amp')
    assert ended.code == 0


def test_test_writes_accuracy_where_it_says(run_tool, ut_args, trained):
    ended = run_tool('test.py', ut_args[0], trained, *ut_args[1:])
    results = ended.out.partition('Results: ')[2].partition('\n')[0]
    assert set(json.loads(Path(results).read_text())) >= {'acc/top1', 'acc/mean1'}


@pytest.mark.parametrize('name', ["bob's data", 'x\\new "{0}"', "'; import no_such_module; '"])
def test_the_data_may_lie_in_a_folder_of_any_name(run_tool, ut_args, ut_data, trained, tmp_path,
                                                  name):
    folder = tmp_path / name
    folder.symlink_to(ut_data.root)
    ended = run_tool('test.py', ut_args[0], trained, '--data-root', folder, *ut_args[3:])
    assert ended.code == 0 and 'acc/top1' in ended.out, ended.err


def test_dump_holds_a_prediction_for_each_clip(run_tool, ut_args, ut_data, trained, tmp_path):
    dump = tmp_path / 'predictions.pkl'
    run_tool('test.py', ut_args[0], trained, *ut_args[1:], '--dump', dump)
    predictions = pickle.loads(dump.read_bytes())
    assert len(predictions) == len(ut_data.content['split']['test'])


def test_show_dir_holds_every_so_manieth_clip(run_tool, ut_args, trained, tmp_path):
    folder = tmp_path / 'drawn'
    run_tool('test.py', ut_args[0], trained, *ut_args[1:], '--show-dir', folder, '--interval', 2)
    assert [clip.name for clip in folder.iterdir()] == ['clip2']


def test_visualize_draws_the_named_clips(run_tool, ut_args, trained, tmp_path):
    out = tmp_path / 'drawn'
    ended = run_tool('visualize.py', 'attention', ut_args[0], trained, *ut_args[1:], '--out-dir',
                     out, '--clips', 'clip3')
    assert ended.code == 0 and [path.name for path in out.iterdir()] == ['clip3.png']


def test_visualize_names_a_clip_that_is_not_there(run_tool, ut_args, trained):
    ended = run_tool('visualize.py', 'attention', ut_args[0], trained, *ut_args[1:], '--clips',
                     'clip9')
    assert ended.code == 2 and '--clips: found clip9, want a clip of the split test' in ended.err
