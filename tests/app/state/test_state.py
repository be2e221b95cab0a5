"""State that panels share: selection, prototypes, document, settings, notices, palette."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.support.fake_predictor import model_info
from tusk_app.parts import palette
from tusk_app.pictures import path_kinds
from tusk_app.settings import Settings, data_dir, names_folder
from tusk_app.state.document import Document
from tusk_app.state.notices import Notices
from tusk_app.state.prototypes import PrototypeBook
from tusk_app.state.selection import SelectionModel
from tusk_core.data import pictures, videos
from tusk_core.places import default_run_root
from tusk_core.resources import bundled_models

if TYPE_CHECKING:
    from pathlib import Path


class Pictures:
    """Ten black pictures."""

    source, kind, fps = "ten", "folder", 0.0

    def __len__(self) -> int:
        return 10

    def name(self, index: int) -> str:
        return f"{index}.png"

    def read(self, index: int) -> np.ndarray:  # noqa: ARG002
        return np.zeros((4, 4, 3), np.uint8)

    def time(self, index: int) -> float:  # noqa: ARG002
        return float("nan")

    def use_settings(self, data: object) -> bool:  # noqa: ARG002
        return False

    def close(self) -> None:
        """Nothing to release."""


def test_a_selection_is_sorted_and_told_once(qtbot) -> None:
    selection = SelectionModel()
    with qtbot.waitSignal(selection.detections_changed) as told:
        selection.select_detections([5, 1, 5], "map")
    assert told.args == ["map"]
    assert selection.detections.tolist() == [1, 5]
    assert not selection.detections.flags.writeable
    with qtbot.assertNotEmitted(selection.detections_changed):
        selection.select_detections(np.array([1, 5]), "gallery")


def test_clear_empties_everything(qtbot) -> None:
    selection = SelectionModel()
    selection.select_detections([1])
    selection.hover(1)
    selection.select_prototype(2)
    selection.select_keypoint(3)
    selection.hover_keypoint(4)
    selection.clear("esc")
    state = (selection.hovered, selection.prototype, selection.keypoint, selection.hovered_keypoint)
    assert state == (None, None, None, None)
    assert len(selection.detections) == 0


def test_names_colours_and_merges_survive(qapp, tmp_path: Path) -> None:
    book = PrototypeBook()
    book.reset(6, tmp_path)
    book.rename(1, "left eye")
    book.merge(0, 1)
    book.merge(1, 2)
    book.recolour(2, (1, 2, 3))
    book.set_hidden(4)
    again = PrototypeBook()
    again.reset(6, tmp_path)
    assert again.merges() == {0: 2, 1: 2}
    assert again.colour(0) == (1, 2, 3)
    assert again.colours()[1].tolist() == [1, 2, 3]
    assert again.hidden().tolist() == [False, False, False, False, True, False]
    again.unmerge(1)
    assert again.name(1) == "left eye"


@pytest.mark.parametrize("content", [
    "not json", "[]", '{"names": {"x": 1}}',
    '{"names": {"99": "far"}, "colours": {}, "hidden": [], "merged": {"0": 1, "1": 0}}',
])  # fmt: skip
def test_a_spoilt_mapping_is_ignored(qapp, tmp_path: Path, content: str, caplog) -> None:
    (tmp_path / "prototypes.json").write_text(content)
    book = PrototypeBook()
    book.reset(3, tmp_path)
    assert [book.name(i) for i in range(3)] == ["#0", "#1", "#2"]
    assert book.merges() == {}


def test_the_models_own_files_stay_untouched(qapp, tmp_path: Path) -> None:
    book = PrototypeBook()
    book.reset(3, tmp_path)
    book.rename(0, "tip")
    assert [p.name for p in tmp_path.iterdir()] == ["prototypes.json"]
    assert json.loads((tmp_path / "prototypes.json").read_text())["names"] == {"0": "tip"}


def test_colours_differ_and_are_seen_on_both_grounds() -> None:
    table = palette.colours(256)
    assert len({tuple(c) for c in table.tolist()}) == 256
    linear = (table / 255.0) ** 2.2
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    assert luminance.min() > 0.08
    assert luminance.max() < 0.62
    assert palette.colour(256) == palette.colour(0)
    assert palette.symbol(256) != palette.symbol(0), "a repeated colour has another symbol"


def test_going_to_pictures_stays_inside(qtbot) -> None:
    document = Document()
    asked: list[int] = []
    document.index_requested.connect(asked.append)
    document.go_to(3)
    document.set_source(Pictures())
    document.go_to(99)
    document.go_to(99)
    document.go_to(-5)
    assert asked == [0, 9, 0]


def test_a_new_picture_drops_what_was_said_about_the_old_one(qtbot) -> None:
    document = Document()
    document.set_detection(object())  # type: ignore[arg-type]
    document.set_picture(0, np.zeros((2, 2, 3), np.uint8))
    assert document.detection is None


def test_settings_keep_their_types(settings: Settings) -> None:
    assert settings.value("a", True) is True
    settings.set_value("a", False)
    settings.set_value("b", 3)
    settings.set_value("c", "text")
    assert settings.value("a", True) is False
    assert settings.value("b", 0) == 3
    assert settings.value("c", 7) == 7, "a text that is no number gives the default"
    settings.theme = "dark"
    assert settings.theme == "dark"
    settings.set_value("appearance/theme", "purple")
    assert settings.theme == "auto"


def test_recent_items_are_unique_and_newest_first(qtbot, settings: Settings) -> None:
    for number in range(20):
        settings.add_recent("pictures", f"/p/{number}")
    settings.add_recent("pictures", "/p/15")
    items = settings.recent()
    assert items[0] == ("pictures", "/p/15")
    assert len(items) == 12
    settings.remove_recent("/p/15")
    assert items[0] not in settings.recent()
    settings.clear_recent()
    assert settings.recent() == []


def test_folders_follow_the_environment(tusk_home: Path) -> None:
    assert default_run_root() == tusk_home / "runs"


def test_notices_reach_the_window_and_the_log(qtbot, caplog) -> None:
    notices = Notices()
    with caplog.at_level(logging.INFO), qtbot.waitSignal(notices.problem_posted) as told:
        notices.error("It broke.", "No idea.", "Try again.", "trace", [("Retry", lambda: None)])
    assert told.args[0].buttons[0].text == "Retry"
    assert "It broke. No idea. Try again." in caplog.text


def test_names_of_bundled_models_stay_out_of_the_program(tmp_path: Path) -> None:
    for bundled in bundled_models().values():
        folder = names_folder(bundled, "f00d")
        assert folder == data_dir() / "prototypes" / "f00d"
        assert folder.is_dir()
    assert names_folder(tmp_path, "f00d") == tmp_path


def test_names_live_in_memory_where_no_place_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TUSK_HOME", str(tmp_path / "file" / "home"))
    bundled = next(iter(bundled_models().values()))
    assert names_folder(bundled, "f00d") is None
    book = PrototypeBook()
    book.reset(4, None)
    book.rename(2, "wing")
    assert book.name(2) == "wing"
    assert not book.save_in(tmp_path / "file" / "names.json")
    assert book.save_in(tmp_path / "names.json")
    again = PrototypeBook()
    again.reset(4, tmp_path / "names.json")
    assert again.name(2) == "wing"


def test_deep_pictures_look_as_the_model_saw_them() -> None:
    class Deep(Pictures):
        def use_settings(self, data: object) -> bool:
            seen.append(data)
            return len(seen) > 1

    seen: list[object] = []
    asked: list[int] = []
    document = Document()
    document.index_requested.connect(asked.append)
    model = model_info()
    document.set_model(model)
    document.set_source(Deep())
    assert seen == [model.config.data]
    document.set_picture(3, np.zeros((4, 4, 3), np.uint8))
    asked.clear()
    document.set_model(model_info())
    assert document.picture is None  # read again before anybody detects in it
    assert asked == [3]


def test_the_window_takes_what_the_engine_reads() -> None:
    assert path_kinds.PICTURE_SUFFIXES == pictures.EXTENSIONS
    assert path_kinds.VIDEO_SUFFIXES | {".gif"} == videos.EXTENSIONS
