"""The notebook, run from top to bottom in a kernel of its own."""
import nbformat
from nbclient import NotebookClient
from running import ROOT

FILE = ROOT / 'docs' / 'notebook' / 'first_clip.ipynb'


def outputs_of(notebook, start):
    """What the cell prints and shows that begins so."""
    (cell, ) = (cell for cell in notebook.cells if cell.source.startswith(start))
    text = ''.join(output.get('text', '') for output in cell.outputs)
    return text, {kind for output in cell.outputs for kind in output.get('data', {})}


def test_the_notebook_is_stored_without_outputs():
    notebook = nbformat.read(FILE, 4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == 'code']
    assert cells and not any(cell.outputs or cell.execution_count for cell in cells)


def test_the_notebook_runs(tmp_path, monkeypatch):
    monkeypatch.setenv('TMPDIR', str(tmp_path))
    notebook = nbformat.read(FILE, 4)
    NotebookClient(notebook, timeout=600, kernel_name='python3',
                   resources=dict(metadata=dict(path=str(tmp_path)))).execute()
    printed, _ = outputs_of(notebook, "os.environ['MMACTION_D3D_DATA']")
    assert '100% of the four clips are right' in printed
    answer, _ = outputs_of(notebook, 'd3d = mmaction_d3d.load')
    true, best = answer.splitlines()[-4:-2]
    assert true.split()[1] == best.split()[0]
    assert 'image/png' in outputs_of(notebook, 'runner, test_set')[1]
    assert 'as is                        1.000' in outputs_of(notebook, 'for score in')[0]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith('first_clip_')]
