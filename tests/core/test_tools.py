"""The scripts a newcomer runs first."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

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


@pytest.mark.skipif(not hasattr(os, "getloadavg"), reason="the system tells no load")
def test_a_first_run_leaves_busy_cores_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    first_run = load("first_run")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    for average, threads in ((0.1, None), (1.2, "3"), (9.0, "1")):
        monkeypatch.setattr(os, "getloadavg", lambda value=average: (value, 0.0, 0.0))
        assert first_run.environment().get("OMP_NUM_THREADS") == threads
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert first_run.environment()["OMP_NUM_THREADS"] == "2"


INTERRUPTED = """
import signal, sys, threading
saved, asked = sys.argv[1], threading.Event()
signal.signal(signal.SIGINT, lambda *_: asked.set())
print("begun", flush=True)
while not asked.wait(0.05):
    pass
threading.Event().wait(0.6)  # longer than a parent that is interrupted itself would wait
open(saved, "w").close()
sys.exit(130)
"""
OUTER = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("first_run", sys.argv[1])
first_run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(first_run)
sys.exit(first_run.run_to_end(json.loads(sys.argv[2])))
"""


@pytest.mark.skipif(os.name == "nt", reason="Unix process groups")
def test_a_first_run_that_is_interrupted_waits_until_the_work_is_saved(tmp_path: Path) -> None:
    inner = json.dumps([sys.executable, "-c", INTERRUPTED, str(tmp_path / "saved")])
    outer = [sys.executable, "-c", OUTER, str(ROOT / "tools" / "first_run.py"), inner]
    process = subprocess.Popen(
        outer, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error == b""
    assert (tmp_path / "saved").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("name", ["libreadline.so.8", "readline.cpython-311.so", "_gdbm.abi3.so"])
def test_a_bundle_holds_nothing_that_must_not_ship(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = load("bundle")
    monkeypatch.setattr(bundle, "PROGRAM", tmp_path)
    (tmp_path / "libthread.so").touch()
    (tmp_path / "link.so").symlink_to("libthread.so")
    bundle.check_contents()
    (tmp_path / name).touch()
    with pytest.raises(SystemExit, match="GPL"):
        bundle.check_contents()
    (tmp_path / name).unlink()
    (tmp_path / "libthread.so").unlink()
    with pytest.raises(SystemExit, match="nowhere"):
        bundle.check_contents()


@pytest.mark.skipif(os.name == "nt", reason="a Unix shell")
def test_make_help_lists_the_commands() -> None:
    make = shutil.which("make")
    assert make is not None
    done = subprocess.run(
        [make, "-s", "help"], cwd=ROOT, check=True, text=True, capture_output=True
    )
    for name in ("make run", "make test", "make tour", "make bench", "make bundle"):
        assert name in done.stdout


def edge_colours(picture: Image.Image) -> set[tuple[int, ...]]:
    """Return the corner pixels: the mark has round corners."""
    side = picture.width - 1
    return {picture.getpixel(place) for place in ((0, 0), (side, 0), (0, side), (side, side))}


def test_the_windows_icon_holds_every_size() -> None:
    with Image.open(ROOT / "packaging" / "tusk.ico") as icon:
        sizes = sorted(icon.ico.sizes())
        assert {(16, 16), (24, 24), (32, 32), (48, 48), (256, 256)} <= set(sizes)
        for size in sizes:
            picture = icon.ico.getimage(size).convert("RGBA")
            assert picture.size == size
            assert len(picture.getcolors(2**20)) > 20
            assert all(colour[3] < 128 for colour in edge_colours(picture))


def test_the_macos_icon_holds_every_size() -> None:
    with Image.open(ROOT / "packaging" / "tusk.icns") as icon:
        sizes = icon.icns.itersizes()
        assert {width * scale for width, _, scale in sizes} == {32, 64, 256, 512, 1024, 128}
        for size in sizes:
            picture = icon.icns.getimage(size).convert("RGBA")
            assert picture.width == size[0] * size[2]
            assert len(picture.getcolors(2**21)) > 20
            assert all(colour[3] == 0 for colour in edge_colours(picture))


def test_icon_files_come_from_the_drawing(tmp_path: Path) -> None:
    icons = load("make_icons")
    made, _ = icons.write_icons(tmp_path)
    with Image.open(made) as new, Image.open(ROOT / "packaging" / "tusk.ico") as shipped:
        for size in new.ico.sizes():
            differences = np.abs(
                np.asarray(new.ico.getimage(size), int) - np.asarray(shipped.ico.getimage(size))
            )
            assert differences.mean() < 2, "run tools/make_icons.py"


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["version"]
    windows = (ROOT / "packaging" / "version_info.txt").read_text(encoding="utf-8")
    assert windows.count(f"'{version}'") == 2
    assert windows.count(f"({version.replace('.', ', ')}, 0)") == 2
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {version}\n" in citation
    core = (ROOT / "tusk_core" / "__init__.py").read_text(encoding="utf-8")
    assert re.search(rf'__version__ = "{re.escape(version)}"', core)


def test_parts_listed_are_those_locked() -> None:
    listed = json.loads((ROOT / "resources" / "licences" / "parts.json").read_text("utf-8"))
    lock = (ROOT / "requirements" / "lock.txt").read_text(encoding="utf-8")
    normal = load("licences").normal
    locked = dict(line.split("==") for line in lock.splitlines() if "==" in line)
    versions = {normal(name): version for name, version in locked.items()}
    for part in listed:
        assert versions[part["name"]] == part["version"], "run tools/licences.py"
        assert part["licence"] != "unknown"


def test_libraries_of_nvidia_are_not_taken_for_parts_that_ship() -> None:
    cuda_parts = load("licences").CUDA_PARTS
    for name in ("nvidia-cublas", "nvidia-cudnn-cu13", "cuda-bindings", "triton"):
        assert cuda_parts.match(name), name
    assert not cuda_parts.match("torch")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="desktop files are Linux's")
def test_the_desktop_entry_fits_the_program() -> None:
    text = (ROOT / "packaging" / "tusk-studio.desktop").read_text(encoding="utf-8")
    entries = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert entries["Exec"].split()[0] in scripts["gui-scripts"]
    bundling = (ROOT / "tools" / "bundle.py").read_text(encoding="utf-8")
    assert f'"{entries["Icon"]}.svg"' in bundling
    application = (ROOT / "tusk_app" / "app.py").read_text(encoding="utf-8")
    assert f'setApplicationName("{entries["StartupWMClass"]}")' in application
    assert f'setDesktopFileName("{entries["Icon"]}")' in application
    assert entries["Categories"].endswith(";")


def test_the_bundle_asks_for_the_camera_and_has_its_icons() -> None:
    spec = (ROOT / "build.spec").read_text(encoding="utf-8")
    assert "NSCameraUsageDescription" in spec
    for name in re.findall(r'PACKAGING / "([^"]+)"', spec):
        assert (ROOT / "packaging" / name).is_file(), name


def test_gpu_results_are_kept_line_by_line_and_half_a_line_is_done_again(tmp_path: Path) -> None:
    tool = load("gpu_results")
    file = tmp_path / "results.jsonl"
    tool.Results(file).add("step/one", {"step_ms": 1.0})
    tool.Results(file).add("step/two", {"error": "out of memory"})
    with file.open("a", encoding="utf-8") as text:
        text.write('{"item": "step/thr')

    found = tool.Results(file)

    assert found.has("step/one")
    assert not found.has("step/two")
    assert not found.has("step/three")


def test_a_list_of_trainings_names_preset_pictures_seeds_steps_and_settings() -> None:
    tool = load("gpu_results")
    first, second = tool.read_trainings(["tusk-default@digits:0,3:800:prototypes.noise=0.1"], None)

    assert (first.preset, first.pictures, first.steps) == ("tusk-default", "digits", 800)
    assert (first.seed, second.seed) == (0, 3)
    assert first.settings == ("prototypes.noise=0.1",)
    assert first.name != second.name
    with pytest.raises(SystemExit, match="@digits"):
        tool.read_trainings(["tusk-default"], None)


def test_habits_of_speech_are_found_in_texts_and_pages_alone(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "said.py").write_text(
        '"""A docstring may say what goes on."""\n'
        'ASKED = "There is no run; it is no longer there."  # the comment is no text\n'
        'TOLD = f"{ASKED} is no file."\n'
        'SPEED = "pictures a second"\n'
    )
    (tmp_path / "README.md").write_text("A run that goes on.\nIt was learned.\n")
    check = load("check_language")
    found = [(one.path, one.line, one.words) for one in check.findings(tmp_path)]
    assert found == [
        ("tools/said.py", 3, "is no file"),
        ("tools/said.py", 4, "pictures a second"),
        ("README.md", 1, "goes on"),
    ]


def test_long_files_are_found_unless_they_say_why(tmp_path: Path) -> None:
    folder = tmp_path / "tusk_core"
    folder.mkdir()
    lines = "x = 1\n" * 400
    (folder / "long.py").write_text(f'"""Numbers."""\n{lines}')
    (folder / "short.py").write_text(lines)
    (folder / "said.py").write_text(
        f'"""Numbers.\n\nLonger than\nother files: a table."""\n{lines}'
    )
    check = load("check_length")
    assert [(str(file), num) for file, num in check.too_long(tmp_path)] == [
        ("tusk_core/long.py", 401)
    ]


def test_names_that_only_tests_use_are_found(tmp_path: Path) -> None:
    for folder in ("tusk_core", "tusk_app", "tools", "packaging"):
        (tmp_path / folder).mkdir()
    (tmp_path / "tusk_core" / "a.py").write_text(
        "def used(): ...\n\n\ndef lonely(): ...\n\n\ndef _own(): ...\n\n\ndef paintEvent(): ...\n"
    )
    (tmp_path / "tools" / "b.py").write_text("from tusk_core.a import used\n")
    check = load("check_used")
    assert [(line, name) for _file, line, name in check.unused(tmp_path)] == [(4, "lonely")]
