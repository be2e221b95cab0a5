"""A disk that is full: a sentence, exit 2, nothing left in the way, the old files as they were."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.support.small_models import picture, write_model
from tusk_core import api
from tusk_core.atomic import filling
from tusk_core.cli import main
from tusk_core.control import RunControl
from tusk_core.data.pictures import write_picture
from tusk_core.tracks import TrackEdit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

resource = pytest.importorskip("resource")


@contextlib.contextmanager
def full_after(size: int) -> Iterator[None]:
    """Let no file grow beyond ``size`` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files_in(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in found if path.parent.suffix != ".parts"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, two pictures and the results on them."""
    root = tmp_path_factory.mktemp("full")
    write_model(root / "model")
    (root / "pictures").mkdir()
    for number in range(2):
        write_picture(root / "pictures" / f"{number}.png", picture(seed=number))
    results = root / "results.h5"
    list(api.analyse(root / "model", str(root / "pictures"), results, RunControl()))
    list(api.track_results(results, root / "tracked.h5", RunControl()))
    return root


COMMANDS = {
    "detect h5": "detect MODEL PICTURES --out OUT/a.h5",
    "detect npz": "detect MODEL PICTURES --out OUT/a.npz",
    "detect csv": "detect MODEL PICTURES --out OUT/a.csv",
    "detect coco": "detect MODEL PICTURES --out OUT/a.json",
    "overlays": "detect MODEL PICTURES --out PLACE/b.csv --overlay OUT",
    "track": "track MODEL PICTURES --out OUT/a.h5",
    "track again": "track RESULTS --out OUT/a.h5",
    "clip film": "clip MODEL PICTURES --out OUT/a.mp4",
    "clip gif": "clip MODEL PICTURES --out OUT/a.gif",
    "reconstruct": "reconstruct MODEL PICTURES --out OUT",
    "embed": "embed MODEL PICTURES --method pca --out OUT/a.csv --plot OUT/a.png",
    "huggingface": "export MODEL --format huggingface --out OUT",
    "sample data": "sample-data tetrominoes --count 3 --out OUT/set",
    "evaluate": "evaluate MODEL --protocol detection --data sample:tetrominoes?count=2 "
    "--out OUT/a.json",
}


# HDF5 complains once more, behind Python's back, about what it could not write.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("which", ["largest", "smallest"])
@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_left_behind(
    name: str, which: str, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    line = COMMANDS[name].split()
    for word, path in (
        ("MODEL", place / "model"),
        ("PICTURES", place / "pictures"),
        ("RESULTS", place / "results.h5"),
        ("PLACE", place),
        ("OUT", out),
    ):
        line = [part.replace(word, str(path)) for part in line]
    again = ["--again"] if line[0] == "track" and "MODEL" in COMMANDS[name] else []
    assert main(line) == 0
    before = files_in(out)
    if name == "sample data":  # it fills empty folders only
        line[-1] = str(out / "other")
    sizes = sorted(map(len, before.values()))
    capsys.readouterr()
    with full_after((sizes[-1] if which == "largest" else sizes[0]) // 2):
        assert main([*line, *again]) == 2
    assert files_in(out) == before  # but for what was found, which the same command takes up
    told = capsys.readouterr().err.strip()
    assert told.endswith(".")
    assert "Traceback" not in told
    assert main([*line, *again]) == 0
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_corrections_of_tracks_stay(place: Path) -> None:
    results = place / "tracked.h5"
    tracks = api.open_analysis(results).tracks
    path = api.save_edits(results, tracks, [TrackEdit("name", 0, name="first")])
    before = path.read_bytes()
    with full_after(len(before) // 2), pytest.raises(OSError, match=r"\S"):
        api.save_edits(results, tracks, [TrackEdit("name", 0, name="second")])
    assert path.read_bytes() == before


def fill(folder: Path, *sizes: int) -> None:
    with filling(folder) as inside:
        for number, size in enumerate(sizes):
            (inside / str(number)).write_bytes(b"a" * size)


@pytest.mark.parametrize("old", [(), (b"old",)])
def test_a_folder_of_files_appears_whole(tmp_path: Path, old: tuple[bytes, ...]) -> None:
    folder = tmp_path / "made" / "deep"
    for content in old:
        folder.mkdir(parents=True)
        (folder / "0").write_bytes(content)
    with full_after(100), pytest.raises(OSError, match="large"):
        fill(folder, 50, 200)
    assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()] == [*old]
    fill(folder, 50, 60)
    assert [path.stat().st_size for path in sorted(folder.iterdir())] == [50, 60]
