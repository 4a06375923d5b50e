"""One small model for all tests of inference."""
import pytest
from running import run_tool

from mmaction_d3d.inference import D3DInferencer

from .support import make_tiny


@pytest.fixture(scope='session')
def tiny(rgb_pose_data, tmp_path_factory):
    data = rgb_pose_data(num_videos=2, num_frames=16)
    return make_tiny(tmp_path_factory.mktemp('tiny'), data)


@pytest.fixture(scope='session')
def inferencer(tiny):
    """With the skeletons of the pickle."""
    return D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', str(tiny.data.ann_file),
                         show_progress=False)


@pytest.fixture(scope='session')
def alone(tiny):
    """Without skeletons of its own."""
    return D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', show_progress=False)


@pytest.fixture
def model(inferencer):
    return inferencer._loaded


@pytest.fixture
def live(tiny, capfd):
    """Run the tool; return (exit code, lines of stdout, last line of stderr)."""

    def run(*argv, skeletons=True):
        given = ['--skeletons', tiny.data.ann_file] if skeletons else []
        code = run_tool('tools/infer.py', *argv, '--config', tiny.config, '--checkpoint',
                        tiny.checkpoint, *given)
        out, err = capfd.readouterr()
        return code, out.splitlines(), err.rstrip('\n').rpartition('\n')[2]

    return run


@pytest.fixture(scope='session')
def from_pickle(inferencer, tiny):
    """Answers for both videos, batched."""
    return inferencer(str(tiny.data.video_dir))
