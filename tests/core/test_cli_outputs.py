"""What cannot end well is refused before the work: results without a place, no run to resume."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.small_models import picture, write_model
from tusk_core import cli
from tusk_core.atomic import check_writable
from tusk_core.data.pictures import write_picture

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = "sample:tetrominoes?count=4"
TO_A_FILE = [
    ["detect", "{model}", SAMPLE, "--out", "{out}.csv"],
    ["embed", "{model}", SAMPLE, "--out", "{out}.csv"],
    ["embed", "{model}", SAMPLE, "--out", "fine.csv", "--plot", "{out}.png"],
    ["evaluate", "{model}", "--data", SAMPLE, "--protocol", "mnist-hard", "--out", "{out}.json"],
    ["export", "{model}", "--data", SAMPLE, "--format", "h5", "--out", "{out}.h5"],
    ["export", "{model}", "--data", SAMPLE, "--format", "video", "--out", "{out}.mp4"],
    ["clip", "{model}", SAMPLE, "--out", "{out}.gif"],
    ["bench", "detect", "--json", "{out}.json"],
]
TO_A_FOLDER = [
    ["detect", "{model}", SAMPLE, "--out", "fine.csv", "--overlay", "{out}"],
    ["reconstruct", "{model}", SAMPLE, "--out", "{out}"],
    ["export", "{model}", "--data", SAMPLE, "--format", "yolo", "--out", "{out}"],
]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "occupied").write_text("a file")
    return write_model(tmp_path / "model")


def refused(arguments: list[str], out: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run what must be refused before it begins; returns the sentence."""
    assert cli.main([word.format(model="model", out=out) for word in arguments]) == 2
    said = capsys.readouterr()
    assert "Picture" not in said.out
    assert len(said.err.strip().splitlines()) == 1
    assert not Path("fine.csv").exists()
    return said.err


@pytest.mark.parametrize("arguments", [*TO_A_FILE, *TO_A_FOLDER])
def test_a_file_in_place_of_a_folder(
    arguments: list[str], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Not a directory" in refused(arguments, "occupied/result", capsys)


@pytest.mark.parametrize("arguments", TO_A_FILE)
def test_a_folder_in_place_of_a_file(
    arguments: list[str], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for ending in ("csv", "png", "json", "h5", "mp4", "gif"):
        Path(f"result.{ending}").mkdir()
    error = refused(arguments, "result", capsys)
    assert "irectory" in error or "is a folder" in error


@pytest.mark.parametrize("arguments", TO_A_FOLDER)
def test_a_file_where_the_folder_should_be(
    arguments: list[str], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "is a file; give a folder" in refused(arguments, "occupied", capsys)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that refuses root")
@pytest.mark.parametrize("arguments", [*TO_A_FILE, *TO_A_FOLDER])
def test_a_disk_that_refuses(
    arguments: list[str], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "cannot be written" in refused(arguments, "/proc/result", capsys)


def test_asking_leaves_nothing_behind(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "result.csv")
    assert not list((tmp_path / "new").iterdir())


def test_a_model_is_no_run_to_resume(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(model.iterdir())
    assert cli.main(["train", "--resume", str(model), "--steps", "1"]) == 2
    error = capsys.readouterr().err
    assert "not a run folder" in error
    assert "--start-from" in error
    assert sorted(model.iterdir()) == before


INTERRUPTED_WHILE_LOADING = """
import runpy, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "pydantic":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
module, *sys.argv[1:] = sys.argv[1:]
runpy.run_module(module, run_name="__main__", alter_sys=False)
"""


@pytest.mark.parametrize("module", ["tusk_core", "tusk_app"])
def test_an_interrupt_while_loading_is_no_traceback(module: str) -> None:
    command = [sys.executable, "-c", INTERRUPTED_WHILE_LOADING, module, "info", "here"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr == "Interrupted.\n"


# What is there already


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "images"
    folder.mkdir(parents=True)
    for index in range(3):
        write_picture(folder / f"p{index}.png", picture(40, 30, index))
    return folder


def test_the_pictures_themselves_are_never_written_over(
    model: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in pictures.iterdir()}
    overlay = ["detect", "model", str(pictures), "--out", "a.csv", "--overlay", "data/images"]
    assert cli.main(overlay) == 2
    assert "written over" in capsys.readouterr().err
    yolo = ["export", "model", "--data", "data/images", "--format", "yolo", "--out", "data"]
    assert cli.main(yolo) == 2
    assert "written over" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in pictures.iterdir()} == before
    assert cli.main([*overlay[:-1], "data/images/overlay"]) == 0


def test_results_are_exported_without_harm_and_from_where_their_pictures_lie_now(
    model: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["detect", "model", str(pictures), "--out", "r.h5"]) == 0
    before = Path("r.h5").read_bytes()
    assert cli.main(["export", "r.h5", "--format", "hloc", "--out", "r.h5"]) == 2
    assert "results file itself" in capsys.readouterr().err
    assert cli.main(["export", "r.h5", "--format", "csv", "--out", "r.png"]) == 2
    assert "must end in .csv" in capsys.readouterr().err
    assert cli.main(["export", "r.h5", "--format", "csv", "--out", "r.csv", "--min-score=1"]) == 2
    assert "tusk detect" in capsys.readouterr().err
    assert Path("r.h5").read_bytes() == before
    pictures.rename("moved")
    figure = ["export", "r.h5", "--format", "figure-png", "--out", "r.png"]
    assert cli.main(figure) == 2
    assert cli.main([*figure, "--data", "moved"]) == 0
