"""Commands that list, describe and cut: what a person reads, and what a program reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.support.small_models import picture, write_model
from tusk_core import cli
from tusk_core.config import TrainConfig, load_preset, preset_names
from tusk_core.data.pictures import read_picture, write_picture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Told = Callable[..., str]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Run a command that must do its work; returns what it prints."""

    def run(*words: object) -> str:
        assert cli.main([str(word) for word in words]) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    root.mkdir()
    for index in range(3):
        write_picture(root / f"{index}.png", picture(40, 30, index))
    return root


def test_presets_for_people_for_programs_and_one_in_full(told: Told) -> None:
    shown = told("presets").splitlines()
    assert [line.split()[0] for line in shown] == list(preset_names())
    texts = json.loads(told("presets", "--json"))
    assert list(texts) == list(preset_names())
    assert all(text.endswith(".") for text in texts.values())
    one = json.loads(told("presets", "quick-tetrominoes"))
    assert TrainConfig.model_validate(one) == load_preset("quick-tetrominoes")


def test_a_folder_and_a_model_are_described_in_words_and_numbers(
    told: Told, folder: Path, tmp_path: Path
) -> None:
    shown = told("info", folder)
    facts = json.loads(told("info", folder, "--json"))
    assert "3" in shown
    assert str(folder) in json.dumps(facts)
    for name, value in facts.items():
        if value in (None, "", [], {}):
            assert not shown.startswith(name.replace("_", " "))
    model = told("info", write_model(tmp_path / "model"))
    assert "small" in model
    assert "kinds" in model or "prototypes" in model


def test_pieces_are_cut_where_nothing_is_and_on_things(told: Told, tmp_path: Path) -> None:
    data = "sample:tetrominoes?count=4&seed=1"
    for on in ("empty", "objects"):
        out = tmp_path / on
        shown = told("cut", data, "--out", out, "--size", 9, "--count", 5, "--on", on)
        pieces = [read_picture(file) for file in sorted(out.glob("*.png"))]
        assert shown.endswith(f"{len(pieces)} pieces of 9 px: {out}\n")
        assert 0 < len(pieces) <= 5
        assert all(piece.shape == (9, 9, 3) for piece in pieces)
        is_lit = [bool(np.any(piece)) for piece in pieces]
        assert all(is_lit) if on == "objects" else not any(is_lit)


def test_formats_are_listed_and_what_is_missing_is_asked_for(
    told: Told, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = told("export", "--list")
    assert shown.startswith("Of a model:")
    assert "Of detections" in shown
    model = str(write_model(tmp_path / "model"))
    for words, says in (
        (["export"], "needs MODEL"),
        (["export", model, "--format", "csv"], "--out"),
        (["export", model, "--format", "tiff", "--out", "a"], "no format 'tiff'"),
    ):
        assert cli.main(words) == 2
        assert says in capsys.readouterr().err


def test_several_results_are_exported_once(told: Told, folder: Path, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    results = []
    for name in ("a", "b"):
        results.append(tmp_path / f"{name}.h5")
        told("detect", model, folder, "--out", results[-1], "--device", "cpu")
    words = ("export", *results, "--format", "csv", "--out", tmp_path / "out-{name}.csv")
    told(*words)
    written = sorted(tmp_path.glob("out-*.csv"))
    assert len(written) == 2
    before = [file.stat().st_mtime_ns for file in written]
    assert told(*words).count("is there already.") == 2
    assert [file.stat().st_mtime_ns for file in written] == before
    told(*words, "--again")
    assert [file.stat().st_mtime_ns for file in written] != before
