"""What pyproject.toml cannot say: configs, tools and requirements go into the wheel, for MIM."""
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

BUNDLED = ('configs', 'tools', 'requirements', 'model-index.yml')
IN_A_CHECKOUT_ONLY = ('__pycache__', '.style.yapf', 'ablate.py', 'real_clips.py', 'setup_venv.sh')


class BuildWithMim(build_py):
    """Builds the package with ``.mim`` in it, as MMAction2's wheel has it."""

    def run(self) -> None:
        """Build."""
        super().run()
        if self.editable_mode:
            return  # the folders of the checkout are used
        folder = Path(self.build_lib, 'mmaction_d3d', '.mim')
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in BUNDLED:
            if Path(name).is_dir():
                shutil.copytree(name, folder / name,
                                ignore=shutil.ignore_patterns(*IN_A_CHECKOUT_ONLY))
            else:
                shutil.copy(name, folder)


setup(cmdclass=dict(build_py=BuildWithMim))
