"""Several processes share a detection or a discovery: one result, also after one was lost."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from tests.support.small_models import picture, write_model
from tests.support.teams import team_of_two
from tusk_core.cli import main
from tusk_core.control import RunControl
from tusk_core.data import cache_features
from tusk_core.data.blocks import parts_folder
from tusk_core.data.cache import build_cache
from tusk_core.data.pictures import write_picture
from tusk_core.data.source import open_source
from tusk_core.discovery import together as shared_features
from tusk_core.inference import together
from tusk_core.inference.collect import Wanted
from tusk_core.inference.predictor import load_predictor
from tusk_core.nn.distributed import Team
from tusk_core.nn.trunk import Trunk

if TYPE_CHECKING:
    from pathlib import Path

NUM = 9
BATCH_PIXELS = 2 * 64 * 48


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A model that takes two pictures at once, and pictures of which one cannot be read."""
    write_model(tmp_path / "model", {"data.width": 512, "data.height": 384})
    (tmp_path / "pictures").mkdir()
    for number in range(NUM):
        write_picture(tmp_path / "pictures" / f"{number}.png", picture(seed=number))
    (tmp_path / "pictures" / "4.png").write_bytes(b"broken")
    return tmp_path


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "_BATCHES", 1)
    monkeypatch.setattr(shared_features, "_BATCHES", 1)
    monkeypatch.setattr(cache_features, "_BATCH_PIXELS", BATCH_PIXELS)


def content(path: Path) -> dict[str, bytes]:
    """Return everything in a results file."""
    found: dict[str, bytes] = {}
    with h5py.File(path, "r") as file:
        found |= {key: np.asarray(value).tobytes() for key, value in file.attrs.items()}

        def add(name: str, item: object) -> None:
            if isinstance(item, h5py.Dataset):
                values = np.asarray(item[()])
                is_text = values.dtype == object
                found[name] = repr(values.tolist()).encode() if is_text else values.tobytes()

        file.visititems(add)
    return found


def together_run(*lines: list[str]) -> None:
    """Run commands, one after the other, in two processes, in small blocks."""
    code = (
        "import json, sys\nfrom tusk_core.data import cache_features\n"
        "from tusk_core.discovery import together as shared_features\n"
        "from tusk_core.inference import together\nfrom tusk_core.cli import main\n"
        f"cache_features._BATCH_PIXELS = {BATCH_PIXELS}\n"
        "together._BATCHES = shared_features._BATCHES = 1\n"
        "sys.exit(sum([main(line) for line in json.loads(sys.argv[1])]))\n"
    )
    with team_of_two(code, json.dumps(lines)):
        assert [main(line) for line in lines] == [0] * len(lines)


def tracking(place: Path, out: str) -> list[str]:
    line = ["track", str(place / "model"), str(place / "pictures"), "--device", "cpu"]
    return [*line, "--out", str(place / out / "tracks.h5")]


def discovery(place: Path, out: str) -> list[str]:
    line = ["discover", str(place / "pictures"), "--size", "64", "--kinds", "8", "--crops", "off"]
    return [*line, "--device", "cpu", "--out", str(place / out / "model")]


def in_cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("TUSK_CACHE_DIR", str(folder))


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_two_processes_write_the_results_of_one(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_cache(monkeypatch, place / "first")
    assert main(tracking(place, "one")) == 0
    assert main(discovery(place, "one")) == 0
    in_cache(monkeypatch, place / "second")
    together_run(tracking(place, "two"), discovery(place, "two"))
    one, two = content(place / "one" / "tracks.h5"), content(place / "two" / "tracks.h5")
    assert one.keys() == two.keys()
    assert {name for name in one if one[name] != two[name]} == set()
    assert files(place / "one" / "model") == files(place / "two" / "model")
    assert {path.name for path in (place / "two").iterdir()} == {"tracks.h5", "model"}


class Alone(Team):
    """One of two processes, without the other."""

    def wait(self) -> None:
        """Nobody else is here."""

    def share_text(self, text: str) -> str:
        """Both began when nothing was done."""
        return text


def member(place: Path, rank: int, out: Path) -> None:
    """Do the share of one of two processes."""
    predictor = load_predictor(place / "model", device="cpu")
    with open_source(place / "pictures") as source:
        team = Alone(rank, 2)
        list(together.detect_shares(predictor, source, Wanted(), RunControl(), out, team))


def blocks(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in parts_folder(out).glob("*.npz")}


def test_what_was_done_before_a_process_was_lost_is_not_done_again(place: Path) -> None:
    out = place / "a.h5"
    member(place, 0, out)  # and the other one has died
    before = blocks(out)
    assert len(before) == 3
    member(place, 1, out)
    after = blocks(out)
    assert len(after) == 5
    assert {name: after[name] for name in before} == before
    line = ["detect", str(place / "model"), str(place / "pictures"), "--device", "cpu", "--out"]
    assert main([*line, str(out)]) == 0
    assert main([*line, str(place / "one.h5")]) == 0
    one, other = content(place / "one.h5"), content(out)
    assert {name for name in one if one[name] != other[name]} == set()
    assert not list(place.glob(".*"))


def test_other_pictures_are_another_job(place: Path) -> None:
    out = place / "a.h5"
    member(place, 0, out)
    before = blocks(out)
    write_picture(place / "pictures" / "3.png", picture(seed=77))
    os.utime(place / "pictures" / "3.png", (0, 0))
    member(place, 0, out)
    assert set(blocks(out).values()).isdisjoint(before.values())


def test_features_of_a_lost_process_are_taken_up(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_cache(monkeypatch, place / "first")
    assert main(discovery(place, "one")) == 0
    config = load_predictor(place / "one" / "model", device="cpu").info.config.data
    in_cache(monkeypatch, place / "second")
    pictures = build_cache(config)
    out = place / "two" / "model"
    job = shared_features.share_features(pictures, Trunk(), out, RunControl(), Alone(0, 2))
    assert len(list(job)) == 2  # and the other one has died
    (kept,) = parts_folder(out).iterdir()
    assert len(list(kept.glob("*.npz"))) == 2
    computed = []
    halves = cache_features.halves

    def counted(*given: object) -> object:
        computed.append(given[2])
        return halves(*given)

    monkeypatch.setattr(shared_features, "halves", counted)
    assert main(discovery(place, "two")) == 0
    assert computed == [2, 6]
    assert files(place / "one" / "model") == files(out)
    assert [path.name for path in out.parent.iterdir()] == ["model"]
