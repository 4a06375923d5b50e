"""A picture from outside the package appears in the tool, which is not edited."""
import pytest
from running import ROOT, run_tool

from mmaction_d3d.errors import InputError
from mmaction_d3d.visualization import all_pictures, pictures

FILE = """
from matplotlib.figure import Figure

from mmaction_d3d.evaluation.attention_maps import JointMaps
from mmaction_d3d.visualization import picture


@picture('brightness', 'the mean of each frame', needs=(JointMaps, ),
         options=dict(colour=dict(metavar='NAME', help='of the line')))
def brightness(explanation, colour=None):
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot(explanation.frames.mean(axis=(1, 2, 3)), color=colour or 'red')
    return figure
"""


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A module with a picture, on Python's path and not yet imported."""
    monkeypatch.setattr(pictures, '_PICTURES', all_pictures())
    monkeypatch.syspath_prepend(tmp_path)
    name = f'pictures_of_{tmp_path.name}'
    (tmp_path / f'{name}.py').write_text(FILE)
    return name


def test_the_tool_has_a_command_for_it_with_its_options(outside, tmp_path, capsys):
    config = tmp_path / 'config.py'
    config.write_text(f"_base_ = '{ROOT}/configs/d3d_quickstart.py'\n"
                      f"custom_imports = dict(imports=['mmaction_d3d', '{outside}'])\n")
    assert run_tool('tools/visualize.py', 'brightness', config, '--help') == 0
    says = capsys.readouterr().out
    assert 'Draws the mean of each frame' in says and '--colour NAME' in says
    assert '--head' not in says and '--video' not in says


def test_its_options_reach_it(outside, explanation):
    __import__(outside)
    line, = all_pictures()['brightness'].draw(explanation, colour='lime').axes[0].lines
    assert line.get_color() == 'lime' and len(line.get_xdata()) == len(explanation.frames)


def test_two_files_cannot_share_a_name(outside):
    with pytest.raises(InputError, match='picture: found joints, want a name other than'):
        pictures.picture('joints', 'others')(lambda explanation: None)
