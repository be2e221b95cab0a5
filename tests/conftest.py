"""Shared by all tests: no display, no settings or folders of the person who runs them."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_configure(config: pytest.Config) -> None:
    """Let the kernels of maps be compiled once for all runs, not once for each test's home."""
    os.environ.setdefault("NUMBA_CACHE_DIR", str(config.rootpath / ".pytest_cache" / "numba"))


@pytest.fixture(scope="module", autouse=True)
def libraries_out_of_the_collector() -> None:
    """Keep what lives as long as the tests out of every later collection.

    Torch, pydantic and the rest are several hundred thousand objects; to walk over them after each
    test of the window took a fifth of its time.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def tusk_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, cache, logs and runs of the program lie in a folder of this test."""
    home = tmp_path_factory.mktemp("tusk_home")
    monkeypatch.setenv("TUSK_HOME", str(home))
    return home
