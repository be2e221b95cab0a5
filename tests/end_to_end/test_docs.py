"""Every command in the documentation is typed here, on tiny data and for a few steps."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest

from tusk_core.cli import main, make_parser
from tusk_core.data.pictures import write_picture

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SMALL = {
    "optim.batch_size": "2",
    "encoder.widths": "[8,8]",
    "encoder.num_features": "8",
    "encoder.norm_groups": "4",
    "decoder.patch_channels": "8",
    "prototypes.num_prototypes": "6",
    "prototypes.num_steps": "1",
    "data.max_pictures": "8",
    "data.width": "48",
    "data.height": "48",
    "losses.perceptual_side": "32",
}
# Pages with runs of hours on data that cannot be shipped: their commands are only parsed.
TOO_LONG = {page.name for page in PAGES if page.name.startswith("results")}
# Pages whose commands use what another page's commands made.
NEEDS_BIRDS = {"webcam.md", "explore.md", "export.md", "prototypes.md"}
NEEDS_FLIES = {"tracks.md", "to-other-tools.md"}


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    return [text for kind, text in found if kind == language]


def commands(page: Path) -> list[str]:
    """Return what is to be typed, in order; a backslash continues a line."""
    lines = "\n".join(blocks(page, "console")).replace("\\\n", " ").splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def made_small(command: str) -> str:
    """Return the command on tiny settings: a few steps, a few pictures, no camera."""
    command = re.sub(r"--minutes \S+", "", command)
    command = re.sub(r"--count \d+", "--count 6", command)
    command = re.sub(r"count=\d+", "count=12", command)
    command = re.sub(r"minutes=\d+", "steps=2", command)
    command = command.replace("camera:0", "flies.mp4")
    changes = " ".join(f"--set '{name}={value}'" for name, value in SMALL.items())
    if " train --resume" in command:
        return f"{command} --steps 5"
    if " train " in command and "bench" not in command:
        command = re.sub(r"--steps \d+", "", command)
        return f"{command} --steps 3 {changes}"
    if command.startswith("tusk bench"):
        command = re.sub(r"--steps \d+", "--steps 1", command)
        return f"{command} --preset quick-tetrominoes {changes}"
    return command


def write_inputs(folder: Path) -> None:
    """Make the pictures, the video and the faces that the pages talk about."""
    generator = np.random.default_rng(0)
    (folder / "my-pictures").mkdir()
    (folder / "my-photos").mkdir()
    (folder / "faces" / "images").mkdir(parents=True)
    rows = ["image,person,left_eye_x,left_eye_y,right_eye_x,right_eye_y"]
    video = cv2.VideoWriter(
        str(folder / "flies.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 10, (64, 48)
    )
    tracks = ["frame,track,x,y"]
    for number in range(12):
        image = np.full((48, 64, 3), 40, np.uint8)
        places = generator.integers(8, 40, (2, 2))
        for colour, (x, y) in enumerate(places):
            cv2.circle(image, (int(x), int(y)), 5, (255, 120 * colour, 60), -1)
        write_picture(folder / "my-pictures" / f"{number:02d}.png", image)
        write_picture(folder / "faces" / "images" / f"{number:02d}.png", image)
        large = cv2.resize(image, (640, 512), interpolation=cv2.INTER_NEAREST)
        write_picture(folder / "my-photos" / f"{number:02d}.jpg", large)
        rows.append(f"{number:02d}.png,person {number % 4}," + ",".join(map(str, places.ravel())))
        tracks += [f"{number},fly {fly},{x},{y}" for fly, (x, y) in enumerate(places.tolist())]
        video.write(image)
    for name in ("bird.jpg", "gull.jpg"):
        shutil.copy(folder / "my-photos" / "00.jpg", folder / name)
    fish = cv2.VideoWriter(
        str(folder / "fish.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 10, (960, 720)
    )
    for _ in range(4):
        fish.write(generator.integers(0, 60, (720, 960, 3), np.uint8))
    fish.release()
    (folder / "flies-tracks.csv").write_text("\n".join(tracks), encoding="utf-8")
    video.release()
    (folder / "faces" / "landmarks.csv").write_text("\n".join(rows), encoding="utf-8")


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which ``torchrun`` and Python use this checkout."""
    scripts = folder / ".scripts"
    scripts.mkdir()
    path = scripts / "torchrun"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W ignore -m torch.distributed.run "$@"\n')
    path.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }


def words_of(command: str) -> list[str]:
    """Return the words as a shell would pass them on; those with * become file names."""
    words: list[str] = []
    for word in shlex.split(command):
        is_pattern = "*" in word and "=" not in word
        words += sorted(map(str, Path().glob(word))) if is_pattern else [word]
    return words


def type_in(command: str, folder: Path, env: dict[str, str]) -> None:
    """Run a command in the working folder; ``tusk`` itself without a new process, which is slow."""
    words = words_of(command)
    if words[0] == "tusk":
        output = io.StringIO()
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            warnings.simplefilter("ignore")
            status = main(words[1:])
        assert status == 0, f"$ {command}\n{output.getvalue()[-3000:]}"
        return
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env=env, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, f"$ {command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files the pages talk about, where commands are typed."""
    write_inputs(tmp_path)
    monkeypatch.chdir(tmp_path)
    # Without TUSK_HOME, so that runs are made where the pages say: in ./runs.
    monkeypatch.delenv("TUSK_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / ".home"))
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.name == "nt", reason="the pages show a Unix shell")
@pytest.mark.parametrize(
    "page", [page for page in PAGES if commands(page)], ids=lambda page: page.stem
)
def test_every_command_works_as_written(page: Path, workplace: Path) -> None:
    env = environment(workplace)
    if page.name in NEEDS_BIRDS:
        birds = commands(ROOT / "docs" / "guide" / "train.md")[1]
        type_in(made_small(birds), workplace, env)
    if page.name in NEEDS_FLIES:
        flies = commands(ROOT / "docs" / "guide" / "video.md")[1]
        type_in(made_small(flies), workplace, env)
    for command in commands(page):
        type_in(made_small(command), workplace, env)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.stem
)
def test_every_piece_of_python_runs(page: Path, workplace: Path) -> None:
    # One process for all pieces, each with names of its own: torch is slow to load.
    code = "\n".join(
        f"exec({piece!r}, {{'__name__': '__main__'}})" for piece in blocks(page, "python")
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=workplace,
        env=environment(workplace),
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


def untested(page: Path) -> list[str]:
    """Return commands of the program in blocks that no test types."""
    texts = [text for kind in ("sh", "bash", "shell", "") for text in blocks(page, kind)]
    lines = "\n".join(texts).replace("\\\n", " ").splitlines()
    return [line.removeprefix("$ ") for line in lines if re.match(r"(\$ )?tusk ", line)]


def test_commands_stand_in_blocks_that_are_tested() -> None:
    for page in PAGES:
        if page.name not in TOO_LONG:
            typed = untested(page)
            assert not typed, f"{page.name}: put {typed[0]!r} into a console block"


@pytest.mark.parametrize("name", sorted(TOO_LONG))
def test_commands_that_take_hours_are_at_least_understood(name: str) -> None:
    for page in PAGES:
        if page.name == name:
            for command in untested(page):
                words = shlex.split(command, comments=True)
                assert make_parser().parse_args(words[1:]), command


def inline_commands(page: Path) -> list[str]:
    """Return the commands inside sentences, tables and scripts, which no test can type."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    found = re.findall(r"`(tusk [^`]+)`", text)
    scripts = "\n".join(blocks(page, "sh")).splitlines()
    found += [line[line.index("tusk ") :] for line in scripts if re.match(r"srun tusk ", line)]
    return [
        command for command in found if not re.search(r"COMMAND|RESULTS|NAME|…|\.\.\.", command)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_in_sentences_are_understood(page: Path) -> None:
    for command in inline_commands(page):
        words = shlex.split(command)[1:]
        if len(words) == 1 or (words[-1].startswith("-") and "=" not in words[-1]):
            continue  # a command or an option only named
        assert make_parser().parse_args(words), command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_make_is_told_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    typed = re.findall(r"(?:^|`)(?:[A-Z_]+=\S+ )?make ([a-z]+)", text, re.MULTILINE)
    assert set(typed) <= targets
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = re.findall(r'[".]\[([a-z,]+)\]"', text)
    for name in {name for group in named for name in group.split(",")}:
        assert name in extras["optional-dependencies"], name


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="desktop files are Linux's")
def test_the_desktop_entry_is_installed_as_written(tmp_path: Path) -> None:
    lines = blocks(ROOT / "docs" / "guide" / "install.md", "sh")
    (script,) = [text for text in lines if "applications" in text]
    bundle = tmp_path / "a place" / "dist" / "tusk"
    bundle.mkdir(parents=True)
    (bundle / "tusk-studio.svg").write_bytes((ROOT / "resources/icons/tusk.svg").read_bytes())
    entry = ROOT / "packaging" / "tusk-studio.desktop"
    (bundle / "tusk-studio.desktop").write_bytes(entry.read_bytes())
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")}
    subprocess.run(["/bin/sh", "-ec", script], cwd=bundle.parents[1], env=env, check=True)
    share = tmp_path / "home" / ".local" / "share"
    written = (share / "applications" / "tusk-studio.desktop").read_text(encoding="utf-8")
    assert f'Exec="{bundle / "tusk-studio"}" %F' in written
    assert (share / "icons" / "tusk-studio.svg").is_file()


def test_the_shell_is_there() -> None:
    assert os.name == "nt" or shutil.which("sh")
