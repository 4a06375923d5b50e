"""A checkpoint names no code, and no file outside of the run's folder."""
import pytest

from mmaction_d3d.resumed_state import make_harmless


def harmless(folders, meta=None, **runtime_info):
    checkpoint = dict(meta=meta or {}, message_hub=dict(runtime_info=runtime_info))
    make_harmless(checkpoint, [str(folder) for folder in folders])
    return checkpoint['meta'], checkpoint['message_hub']['runtime_info']


def test_the_config_that_would_be_run_is_left_out_and_numbers_stay():
    meta, known = harmless([], dict(config='import os', epoch=3), best_score=0.5, iter=7)
    assert (meta, known) == (dict(epoch=3), dict(best_score=0.5, iter=7))


@pytest.mark.parametrize('key', ['best_ckpt', 'best_ckpt_acc/top1', 'last_ckpt'])
def test_a_path_is_a_name_in_the_run_s_folder(key, tmp_path):
    run, elsewhere = tmp_path / 'run', tmp_path / 'elsewhere'
    for folder in (run, elsewhere):
        folder.mkdir()
    for path in (run / 'best.pth', elsewhere / 'other.pth'):
        path.touch()
    # Also where the folder had another name when the checkpoint was written.
    for said in (run / 'best.pth', tmp_path / 'before' / 'best.pth', 'best.pth'):
        assert harmless([run], **{key: str(said)})[1] == {key: str(run / 'best.pth')}
    for said in (elsewhere / 'other.pth', '../elsewhere/other.pth', run, '', '..', None, 3, ['x']):
        said = said if said is None or isinstance(said, (int, list)) else str(said)
        assert harmless([run], **{key: said})[1] == {}
    assert harmless([run, elsewhere], **{key:
                                         'other.pth'})[1] == {key: str(elsewhere / 'other.pth')}


@pytest.mark.parametrize('said, kept', [([1, 2], [1, 2]), ([1, '../../x', 2.5, True, None], [1]),
                                        ('../x', []), (7, []), (None, [])])
def test_numbers_of_checkpoints_to_keep_are_numbers(said, kept):
    assert harmless([], keep_ckpt_ids=said)[1] == dict(keep_ckpt_ids=kept)


@pytest.mark.parametrize('checkpoint', [{},
                                        dict(meta=None),
                                        dict(meta=[], message_hub=3),
                                        dict(message_hub=dict(runtime_info=[1]))])
def test_other_contents_are_left_to_mmengine(checkpoint):
    before = dict(checkpoint)
    make_harmless(checkpoint, [])
    assert checkpoint == before
