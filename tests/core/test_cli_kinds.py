"""`tusk discover` and `tusk kinds`: what they refuse, and that nothing made before is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.small_models import picture, write_model
from tusk_core import cli
from tusk_core.data.pictures import write_picture

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for index in range(3):
        write_picture(folder / f"{index}.png", picture(40 + index, 30, index))
    return folder


@pytest.fixture(scope="module")
def discovered(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "kinds"
    words = ["discover", str(photos), "--out", str(out), "--kinds", "4", "--size", "32"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUSK_HOME", str(out.parent / "home"))
        assert cli.main([*words, "--device", "cpu"]) == 0
        assert cli.main([*words, "--device", "cpu"]) == 0  # nobody changed it: made again
    return out


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(words) == 2
    error = capsys.readouterr().err
    assert len(error.strip().splitlines()) == 1
    return error


def test_a_discovery_never_replaces_a_trained_model(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_model(tmp_path / "model")
    before = {file.name: file.read_bytes() for file in model.iterdir()}
    assert "trained" in refused(["discover", str(photos), "--out", str(model)], capsys)
    (model / "config.json").write_text("{}", encoding="utf-8")
    assert "cannot read" in refused(["discover", str(photos), "--out", str(model)], capsys)
    assert (model / "model.safetensors").read_bytes() == before["model.safetensors"]


@pytest.mark.parametrize("name", ["prototypes.json", "kinds.json"])
def test_names_and_edits_do_not_end_up_at_other_kinds(
    name: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text("{}", encoding="utf-8")
    assert name in refused(["discover", str(photos), "--out", str(tmp_path)], capsys)
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--keep", "999"], "999"),
        (["--more", "nobody", "0.png", "1", "1"], "nobody"),
        (["--new", "0.png", "left", "1"], "two numbers"),
        (["--new", "0.png", "nan", "1"], "nan"),
        (["--new", "0.png", "9000", "1"], "9000"),
        (["--new", "none.png", "1", "1"], "none.png"),
        (["--hide"], "--background"),
        (["--refit", "."], "--count"),
    ],
)
def test_edits_that_cannot_be_made_are_a_sentence_and_change_nothing(
    words: list[str],
    says: str,
    discovered: Path,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(photos)
    assert says in refused(["kinds", str(discovered), *words], capsys)
    assert not (discovered / "kinds.json").exists()


@pytest.mark.parametrize(
    "entries",
    [
        {"a": 1},
        [{"kind": 1}],
        [{"does": "explode", "kind": 1, "picture": "0.png", "xy": [1, 2]}],
        [{"does": "new", "picture": "0.png", "xy": ["left", 1]}],
        [{"does": "new", "picture": "0.png", "xy": [1, 2, 3]}],
        [{"does": "new", "picture": "none.png", "xy": [1, 2]}],
        [{"does": "new", "xy": [1, 2]}],
        [{"does": "not", "picture": "0.png"}],
        [{"does": "keep"}],
    ],
)
def test_a_file_of_edits_that_is_none_is_a_sentence(
    entries: object,
    discovered: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "edits.json"
    write_picture(tmp_path / "0.png", picture(40, 30))
    file.write_text(json.dumps(entries), encoding="utf-8")
    refused(["kinds", str(discovered), "--apply", str(file)], capsys)
    assert not (discovered / "kinds.json").exists()
