"""For tools that expect this file; all it could say is in pyproject.toml."""
from setuptools import setup

setup()
