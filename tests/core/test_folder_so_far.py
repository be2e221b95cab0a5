"""While a folder with very many files is read, its first pictures are there before the rest."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tusk_core import api
from tusk_core.control import Cancelled, RunControl
from tusk_core.data import folders
from tusk_core.data.pictures import write_picture
from tusk_core.data.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.interfaces import FolderSoFar

NUM_FILES = 2500


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Two thousand and a half pictures that are one file, a text and a hidden file."""
    folder = tmp_path / "many"
    folder.mkdir()
    first = folder / "frame 0.png"
    write_picture(first, np.full((6, 8, 3), 90, np.uint8))
    for number in range(1, NUM_FILES):
        ending = "PNG" if number % 7 == 0 else "png"
        (folder / f"frame {number}.{ending}").hardlink_to(first)
    (folder / "notes.").write_text("no picture")
    (folder / ".hidden.png").hardlink_to(first)
    return folder


def test_the_first_pictures_are_told_once_and_found_again_among_all(many: Path) -> None:
    told: list[FolderSoFar] = []
    seconds = count()  # each look at the clock is a second later
    watch = folders.Watch(told.append, RunControl(), clock=lambda: float(next(seconds)))
    whole = open_source(str(many), watch=watch)
    assert len(whole) == NUM_FILES
    assert [whole.name(i) for i in (0, 1, 9, 10, 2499)] == [
        f"frame {number}.{'PNG' if number % 7 == 0 and number else 'png'}"
        for number in (0, 1, 9, 10, 2499)
    ]
    counts = [so_far.num_pictures for so_far in told]
    assert counts == sorted(counts)
    assert len(counts) > 1
    assert 0 < counts[0] < NUM_FILES
    first, *others = (so_far.first for so_far in told)
    assert first is not None
    assert others == [None] * len(others)
    assert len(first) == folders.FIRST_PICTURES
    assert first.read(3).shape == (6, 8, 3)
    places = api.places_in(whole, first)
    assert [whole.name(int(place)) for place in places] == [first.name(i) for i in range(500)]
    assert (np.diff(places) > 0).all(), "they are in the order of the whole list"


def test_a_picture_that_went_away_meanwhile_is_told_as_gone(many: Path) -> None:
    told: list[FolderSoFar] = []
    seconds = count()
    watch = folders.Watch(told.append, RunControl(), clock=lambda: float(next(seconds)))
    open_source(str(many), watch=watch)
    first = told[0].first
    assert first is not None
    (many / first.name(7)).unlink()
    places = api.places_in(open_source(str(many)), first)
    assert places[7] == -1
    assert (np.delete(places, 7) >= 0).all()


def test_a_small_folder_is_told_at_once(tmp_path: Path) -> None:
    write_picture(tmp_path / "one.png", np.zeros((4, 4, 3), np.uint8))
    told: list[FolderSoFar] = []
    opened = api.open_watched(str(tmp_path), told.append, RunControl())
    assert len(opened) == 1
    assert not told


def test_the_picture_asked_for_is_among_the_first(many: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(folders, "FIRST_AFTER_S", 0.0)
    monkeypatch.setattr(folders, "FIRST_PICTURES", 3)
    for wanted in ("frame 1234.png", "frame 77.PNG"):
        told: list[FolderSoFar] = []
        api.open_watched(str(many), told.append, RunControl(), wanted=wanted)
        first = told[0].first
        assert first is not None
        assert wanted in {first.name(i) for i in range(3)}


def test_reading_ends_when_asked_to(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "FIRST_AFTER_S", 0.0)
    control = RunControl()
    told: list[FolderSoFar] = []

    def stop(so_far: FolderSoFar) -> None:
        told.append(so_far)
        control.request_stop()

    with pytest.raises(Cancelled):
        api.open_watched(str(many), stop, control)
    assert len(told) == 1
