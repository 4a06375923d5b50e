"""Builds the `mmaction_d3d` package."""
import runpy
from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = Path(__file__).parent / 'mmaction_d3d'
VERSION = runpy.run_path(str(PACKAGE / 'version.py'))['__version__']
# What an environment must hold is stated once, in a module that needs nothing installed.
ENVIRONMENT = runpy.run_path(str(PACKAGE / 'environment.py'))

setup(
    name='mmaction_d3d', version=VERSION,
    description='3D Deformable Transformer for action recognition from RGB video and human poses, '
    'a plugin of MMAction2', packages=find_packages(include=['mmaction_d3d', 'mmaction_d3d.*']),
    python_requires='>=3.11', install_requires=ENVIRONMENT['pip_requirements']())
