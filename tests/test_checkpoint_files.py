"""Checkpoints are whole at any moment, and a damaged one is known."""
import subprocess
from contextlib import suppress

import pytest
import torch

from mmaction_d3d import checkpoint_files
from mmaction_d3d.checkpoint_files import check_whole, checkpoints_in, is_whole, write_checkpoint
from mmaction_d3d.errors import InputError


class Killed(BaseException):
    pass


def test_the_checksum_is_one_that_sha256sum_reads(tmp_path):
    write_checkpoint(dict(a=torch.ones(3)), tmp_path / 'epoch_1.pth')
    subprocess.run(['sha256sum', '--check', 'epoch_1.pth.sha256'], cwd=tmp_path, check=True)
    assert torch.load(tmp_path / 'epoch_1.pth')['a'].tolist() == [1, 1, 1]


def test_a_damaged_tensor_is_known_without_a_checksum_beside_the_file(tmp_path):
    path = tmp_path / 'x.pth'
    torch.save(dict(a=torch.full((50, ), 7.), b=torch.ones(50)), path)
    check_whole(path)
    content = path.read_bytes()
    path.write_bytes(content.replace(torch.full((2, ), 7.).numpy().tobytes(), b'12345678', 1))
    assert torch.load(path)['a'][0] != 7  # PyTorch takes it
    with pytest.raises(InputError, match='x.pth: checksum: found a damaged part x/data/0'):
        check_whole(path)
    assert not is_whole(path)


def test_older_files_have_no_checksums_in_them(tmp_path):
    torch.save(dict(a=1), tmp_path / 'x.pth', _use_new_zipfile_serialization=False)
    check_whole(tmp_path / 'x.pth')


@pytest.mark.parametrize('step', range(4))
@pytest.mark.parametrize('before', [False, True])
def test_a_stop_between_any_two_steps_leaves_a_whole_file(tmp_path, monkeypatch, before, step):
    path = tmp_path / 'epoch_1.pth'
    if before:
        write_checkpoint(dict(a=0), path)
    steps = []
    for name in ('write_bytes', 'write_text'):
        whole = getattr(checkpoint_files, name)

        def write(*args, whole=whole):
            steps.append(args)
            if len(steps) > step:
                raise Killed
            whole(*args)

        monkeypatch.setattr(checkpoint_files, name, write)
    with suppress(Killed):
        write_checkpoint(dict(a=1), path)
    assert path.is_file() is (before or step >= 2)
    if path.is_file():
        check_whole(path)
        assert torch.load(path)['a'] == int(step >= 2) and is_whole(path)


@pytest.mark.parametrize('summed', [True, False])
def test_a_file_that_was_cut_is_damaged(tmp_path, summed):
    path = tmp_path / 'epoch_1.pth'
    write_checkpoint(dict(a=torch.ones(1000)), path)
    if not summed:
        (tmp_path / 'epoch_1.pth.sha256').unlink()
    assert is_whole(path)
    path.write_bytes(path.read_bytes()[:-100])
    assert not is_whole(path)


def test_one_changed_byte_is_damage_and_said(tmp_path):
    path = tmp_path / 'epoch_1.pth'
    write_checkpoint(dict(a=torch.ones(1000)), path)
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    assert torch.load(path)['a'].shape == (1000, )  # torch itself reads it
    with pytest.raises(InputError, match=r'epoch_1.pth: checksum: found .*damaged.*\.sha256'):
        check_whole(path)


@pytest.mark.parametrize('text', ['', 'no sum', 'x' * 10000])
def test_what_is_no_checksum_is_none(tmp_path, text):
    path = tmp_path / 'a.pth'
    torch.save({}, path)
    (tmp_path / 'a.pth.sha256').write_text(text)
    check_whole(path)


def test_files_of_the_old_format_are_whole(tmp_path):
    path = tmp_path / 'epoch_1.pth'
    torch.save(dict(a=torch.ones(3)), path, _use_new_zipfile_serialization=False)
    assert is_whole(path)


def test_only_checkpoints_to_go_on_from_are_listed(tmp_path):
    for name in ('epoch_1.pth', 'best_epoch_2.pth', 'epoch_2.pth.part', 'iter_7.pth', 'x.pth'):
        (tmp_path / name).touch()
    assert {path.name for path in checkpoints_in(tmp_path)} == {'epoch_1.pth', 'iter_7.pth'}
