"""The network of D3DInferencer, compiled, with its norms folded, and in bfloat16."""
import pytest
import torch

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference import D3DInferencer
from mmaction_d3d.inference import model as model_module
from mmaction_d3d.inference.loading import load_model

from .support import scores


def test_a_compiled_network_gives_the_same_scores_and_says_how_long_it_took(
        tiny, from_pickle, monkeypatch, tmp_path):
    modes, told, compile_as = [], [], torch.nn.Module.compile

    def compile_eagerly(module, mode):  # traces all of it and leaves the C++ compiler out
        modes.append(mode)
        compile_as(module, backend='eager', fullgraph=True)

    monkeypatch.setattr(torch.nn.Module, 'compile', compile_eagerly)
    monkeypatch.setattr(model_module, 'print_log', lambda text, logger: told.append(text))
    inferencer = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', str(tiny.data.ann_file),
                               show_progress=False, compile_mode='default')
    answer = inferencer(str(tiny.data.video_dir), out_dir=str(tmp_path))
    inferencer(str(tiny.data.video_dir))
    assert modes == ['default']
    for ours, plain in zip(scores(answer), scores(from_pickle)):
        assert ours == pytest.approx(plain, abs=1e-5)
    assert len(told) == 1 and 'torch.compile (default): first pass of 2 clips' in told[0]


def test_batch_norms_are_folded_and_scores_stay(tiny, from_pickle):
    assert not any(
        isinstance(part, torch.nn.BatchNorm3d)
        for part in load_model(tiny.checkpoint, tiny.config).network.modules())
    plain = load_model(tiny.checkpoint, tiny.config, fold_norms=False)
    state = torch.load(tiny.checkpoint, weights_only=True)['state_dict']
    assert plain.network.state_dict().keys() == state.keys()
    inferencer = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', str(tiny.data.ann_file),
                               show_progress=False)
    inferencer._loaded = plain
    answer = inferencer(str(tiny.data.video_dir))
    for ours, without in zip(scores(from_pickle), scores(answer)):
        assert ours == pytest.approx(without, abs=1e-5)


def test_scores_in_bfloat16_are_near(tiny, from_pickle):
    inferencer = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', str(tiny.data.ann_file),
                               show_progress=False, dtype='bfloat16')
    for ours, plain in zip(scores(inferencer(str(tiny.data.video_dir))), scores(from_pickle)):
        assert ours == pytest.approx(plain, abs=0.1) and ours != plain
    with pytest.raises(InputError, match='dtype: found int8, want one of bfloat16, '):
        D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', dtype='int8')
