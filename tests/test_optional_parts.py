"""The package imports beside any version of the packages that MMAction2's optional parts need."""
import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import mmaction
import pytest

from mmaction_d3d.optional_parts import PARTS

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = sorted({package for needed in PARTS.values() for package in needed})
SCRIPT = '''
import json, mmaction_d3d
from mmaction.registry import MODELS
from mmaction_d3d import compat
print(json.dumps([compat.report(), MODELS.get('RGBPoseConv3D') is not None,
                  MODELS.get('D3DRecognizer') is not None]))
'''
#: What another version does: at its import, or lacking what MMAction2 wants from it.
FAULTS = {
    'ImportError': "raise ImportError('no such operator')",
    'AssertionError': "assert False, 'MMCV==2.1.0 is incompatible'",
    'AttributeError': 'import os; os.no_such_thing',
    'no names': '',
}


@pytest.fixture
def report_beside(tmp_path):
    """Imports our package in a Python of its own that finds other packages first."""

    def put(package, source):
        (tmp_path / package).mkdir()
        (tmp_path / package / '__init__.py').write_text(source)
        info = tmp_path / f'{package}-99.5.dist-info'
        info.mkdir()
        (info / 'METADATA').write_text(f'Metadata-Version: 2.1\nName: {package}\nVersion: 99.5\n')

    def run():
        ended = subprocess.run([sys.executable, '-c', SCRIPT], capture_output=True, text=True,
                               cwd=tmp_path, env=dict(os.environ,
                                                      PYTHONPATH=f'{tmp_path}{os.pathsep}{ROOT}',
                                                      OMP_NUM_THREADS='1'))
        assert ended.returncode == 0, ended.stderr
        sentences, *models = json.loads(ended.stdout.splitlines()[-1])
        assert all(models)
        return [sentence for sentence in sentences if 'left out' in sentence]

    run.put = put
    return run


@pytest.mark.parametrize('fault', FAULTS)
def test_each_part_that_fails_is_left_out_with_a_sentence(report_beside, fault):
    for package in PACKAGES:
        report_beside.put(package, FAULTS[fault])
    left_out = report_beside()
    assert {sentence.partition(' is left out')[0] for sentence in left_out} == set(PARTS)
    for sentence in left_out:
        needed = PARTS[sentence.partition(' is left out')[0]]
        assert all(f'{package} 99.5' in sentence for package in needed)


@pytest.mark.parametrize('package', PACKAGES)
def test_one_package_leaves_out_its_parts_alone(report_beside, package):
    report_beside.put(package, FAULTS['AssertionError'])
    left_out = [sentence.partition(' is left out')[0] for sentence in report_beside()]
    wanted = [part for part, needed in PARTS.items() if package in needed]
    # Without transformers, MMAction2 does not try to import what needs timm.
    assert left_out == ([] if package == 'timm' else wanted)


def test_nothing_is_said_where_no_such_package_is_installed(report_beside):
    assert report_beside() == []


def test_every_import_of_these_packages_lies_in_a_part():
    imports = set()
    folder = Path(mmaction.__file__).parent
    for file in folder.rglob('*.py'):
        if '.mim' in file.parts:
            continue
        module = '.'.join(('mmaction', *file.relative_to(folder).with_suffix('').parts))
        for line in _imports_of(ast.parse(file.read_text())):
            if line.partition('.')[0] in PACKAGES:
                imports.add(module.removesuffix('.__init__'))
    outside = [
        module for module in imports
        if not any(f'{module}.'.startswith(f'{part}.') for part in PARTS)
    ]
    assert imports and not outside


def _imports_of(tree):
    """Names that a module imports when it is imported itself: not those of its functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module
        elif not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            yield from _imports_of(node)
