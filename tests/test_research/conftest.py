"""Spares the report's tests the reading of the same 40 configs again and again."""
import functools

import pytest

from research.ablation import report, settings

_read_once = functools.lru_cache(maxsize=None)(settings.read_config)


@pytest.fixture(autouse=True)
def read_configs_once(monkeypatch):
    monkeypatch.setattr(report, 'read_config', _read_once)
