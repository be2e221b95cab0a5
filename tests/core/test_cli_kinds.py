"""`tusk discover` and `tusk kinds`: what they refuse, and that nothing made before is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.small_models import picture, write_model
from tusk_core import cli
from tusk_core.data.pictures import write_picture


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


@pytest.fixture
def steered(discovered: Path, tmp_path: Path) -> Path:
    """A model of its own, so that edits of one test do not reach the next."""
    return Path(shutil.copytree(discovered, tmp_path / "steered"))


def listed(model: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[int, str]:
    """Run ``tusk kinds``; returns what is said of each kind, by number, and "last" at -1."""
    assert cli.main(["kinds", str(model), *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["kind", "score", "kept", "name"]
    said = {-1: "" if lines[-1][:4].strip().isdecimal() else lines[-1]}
    return said | {int(n[:4]): n[4:] for n in lines[1:] if n[:4].strip().isdecimal()}


def test_kinds_are_kept_ignored_made_named_and_taken_back(
    steered: Path, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(photos)
    before = listed(steered, [], capsys)
    count = len(before) - 1
    assert before[-1] == ""
    assert " no " in listed(steered, ["--ignore", "0"], capsys)[0]
    assert " yes " in listed(steered, ["--keep", "0"], capsys)[0]
    made = listed(steered, ["--new", "0.png", "12", "9", "--name", "eye"], capsys)
    assert made[count].endswith("eye")
    assert made[-1] == f"3 edits, the last: new {count}."
    helped = listed(steered, ["--more", "EYE", "1.png", "5", "5"], capsys)
    assert helped[-1] == f"4 edits, the last: more {count}."
    assert listed(steered, ["--not", "2.png", "5", "5"], capsys)[-1] == "5 edits, the last: not."
    for _ in range(5):
        undone = listed(steered, ["--undo"], capsys)
    assert undone == before


def test_a_file_of_edits_is_read_beside_its_pictures(
    steered: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(photos / "0.png", tmp_path)
    edits = [
        {"does": "new", "picture": "0.png", "xy": [12, 9], "name": "eye"},
        {"does": "ignore", "kind": 0},
    ]
    (tmp_path / "edits.json").write_text(json.dumps(edits), encoding="utf-8")
    found = listed(steered, ["--apply", str(tmp_path / "edits.json")], capsys)
    assert " no " in found[0]
    assert any(line.endswith("eye") for line in found.values())


def test_kinds_are_made_anew_for_models_with_one_map_only(
    discovered: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "again"
    words = ["--refit", str(photos), "--count", "3", "--out", str(out), "--device", "cpu"]
    assert "a map for each of its kinds" in refused(["kinds", str(discovered), *words], capsys)
    assert not out.exists()
    model = write_model(tmp_path / "model")
    assert cli.main(["kinds", str(model), *words]) == 0
    assert f"Model: {out}" in capsys.readouterr().out
    assert cli.main(["info", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["num_prototypes"] == 3
