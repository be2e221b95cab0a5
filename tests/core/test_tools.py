"""The scripts a newcomer runs first."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tusk_core.data.pictures import read_picture

ROOT = Path(__file__).resolve().parents[2]


def load(name: str) -> ModuleType:
    """Import one of the scripts in tools/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    sys.path[:] = before
    return module


def test_setting_up_again_is_needed_only_where_something_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap = load("bootstrap")
    lock = tmp_path / "lock.txt"
    lock.write_text("a==1\n", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "LOCK", lock)
    stamps = bootstrap.wanted_stamps()
    assert not bootstrap.has_stamp("packages", stamps["packages"])
    bootstrap.write_stamp("packages", stamps["packages"])
    assert bootstrap.has_stamp("packages", bootstrap.wanted_stamps()["packages"])
    lock.write_text("a==2\n", encoding="utf-8")
    changed = bootstrap.wanted_stamps()
    assert not bootstrap.has_stamp("packages", changed["packages"])
    assert changed["project"] == stamps["project"]


@pytest.mark.skipif(os.name == "nt", reason="apt is Debian's")
def test_someone_without_rights_is_told_the_line_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bootstrap = load("bootstrap")
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: "/usr/bin/apt-get")
    with pytest.raises(SystemExit) as left:
        bootstrap.install_system_packages(["libgl1", "libegl1"])
    assert left.value.code == 2
    told = capsys.readouterr().err
    assert "sudo apt-get install -y --no-install-recommends libgl1 libegl1" in told


def test_every_locked_package_has_one_exact_version() -> None:
    lines = (ROOT / "requirements" / "lock.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(line.count("==") == 1 and "+" not in line for line in pins)
    names = [line.partition("==")[0].lower() for line in pins]
    assert len(names) == len(set(names))
    assert "torch==2.13.0" in pins


def test_every_part_that_ships_has_a_licence_that_may_ship() -> None:
    licences = load("licences")
    parts = licences.installed_parts()
    assert len(parts) > 20
    assert not [part for part in parts if licences.refused(part)]
    assert licences.refused(licences.Part("x", "1", "GPL-3.0-only", ""))
    assert licences.refused(licences.Part("x", "1", "unknown", ""))
    assert not licences.refused(licences.Part("x", "1", "LGPL-3.0-only OR GPL-3.0-only", ""))


def test_the_curve_of_a_first_run_is_a_picture(tmp_path: Path) -> None:
    first_run = load("first_run")
    first_run.draw_curve([1, 2, 3], [0.5, 0.05, 0.005], tmp_path / "loss.png")
    picture = read_picture(tmp_path / "loss.png")
    blue = (picture[..., 2] > 150) & (picture[..., 0] < 100)
    columns = np.flatnonzero(blue.any(axis=0))
    assert columns[-1] - columns[0] > 700


@pytest.mark.skipif(os.name == "nt", reason="a Unix shell")
def test_make_help_lists_the_commands() -> None:
    make = shutil.which("make")
    assert make is not None
    done = subprocess.run(
        [make, "-s", "help"], cwd=ROOT, check=True, text=True, capture_output=True
    )
    for name in ("make run", "make test", "make tour", "make bench", "make bundle"):
        assert name in done.stdout
