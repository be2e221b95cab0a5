"""Discover in the real window, on a small folder of generated pictures."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.support.screen import says
from tusk_app.camera.devices import CameraChoice
from tusk_app.discover.job import discovery, free_place
from tusk_app.discover.model import FILE_NAME, Found, facts, read_found, write_found
from tusk_core.control import RunControl
from tusk_core.data.pictures import read_picture, write_picture
from tusk_core.data.source import open_source
from tusk_core.events import KindExample, KindFound
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.app import Program
    from tusk_app.discover.dock import DiscoverDock
    from tusk_app.state.notices import Toast

SIZE = (96, 128)


@pytest.fixture
def rings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pictures with two red rings each on a ground of soft clouds, and a home of their own."""
    monkeypatch.setenv("TUSK_HOME", str(tmp_path / "home"))
    folder = tmp_path / "my rings"
    folder.mkdir()
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    for number in range(6):
        picture = np.kron(rng.uniform(60, 160, (6, 8, 3)), np.ones((16, 16, 1)))
        for left in (32, 96):
            distance = np.hypot(x - left - rng.uniform(-9, 9), y - 48 - rng.uniform(-20, 20))
            picture[distance < 12] = (230, 20, 20)
            picture[distance < 6] = (250, 250, 250)
        write_picture(folder / f"{number}.png", picture.astype(np.uint8))
    return folder


@pytest.fixture
def opened(program: Program, rings: Path, qtbot) -> Program:
    """The program with these pictures open and runs in a folder of their own."""
    bench = program.workbench
    bench.settings.run_root = rings.parent / "runs"
    bench.settings.set_value("device", "cpu")
    with qtbot.waitSignal(bench.sources.opened, timeout=20_000):
        bench.sources.open_pictures(str(rings))
    return program


def panel(program: Program) -> DiscoverDock:
    dock: DiscoverDock = program.window.docks["discover"]  # type: ignore[assignment]
    return dock


def labels_shown(program: Program) -> set[int]:
    """Return the kinds whose keypoints the canvas shows."""
    detection, book = program.workbench.document.detection, program.workbench.prototypes
    if detection is None:
        return set()
    return {int(i) for i in detection.keypoints.labels if not book.is_hidden(int(i))}


@pytest.mark.timeout(400)  # a whole discovery, and the model read again seven times
def test_discover_keep_ignore_name_and_train(opened: Program, rings: Path, qtbot) -> None:
    bench, dock = opened.workbench, panel(opened)
    bench.actions.trigger("model.discover")
    assert dock.isVisible()
    assert not bench.actions.get("model.train-from-kinds").isEnabled()
    qtbot.waitUntil(lambda: bench.discover.is_open, timeout=120_000)
    qtbot.waitUntil(lambda: bool(labels_shown(opened)), timeout=30_000)
    found = bench.discover.found
    assert found is not None
    assert found.model_dir == rings.parent / "runs" / "discoveries" / "my-rings-kinds"
    qtbot.waitUntil(lambda: len(dock.cards.cards) == min(24, len(found.kinds)), timeout=20_000)
    number = next(iter(labels_shown(opened)))
    card = dock.cards.card(number)
    assert card is not None
    assert card.keep.isChecked()
    assert "of pictures" in card.facts.text()
    kind = next(kind for kind in found.kinds if kind.number == number)
    qtbot.waitUntil(lambda: bench.discover.patches.get(kind.examples[0]) is not None)
    # Everywhere else the kind looks as its first example does.
    assert bench.faces.image(number) == bench.discover.patches.get(kind.examples[0])
    assert not says(opened.window, "never taught to redraw")

    card.name.setText("ring")
    card.name.setModified(True)
    card.name.editingFinished.emit()
    assert bench.prototypes.name(number) == "ring"

    card.keep.click()
    qtbot.waitUntil(
        lambda: bool(labels_shown(opened)) and number not in labels_shown(opened), timeout=60_000
    )
    assert (found.model_dir / "kinds.json").is_file()
    assert dock.undo_button.isEnabled()
    dock.best_button.click()
    qtbot.waitUntil(lambda: number in labels_shown(opened), timeout=60_000)
    assert card.keep.isChecked()

    bench.selection.point_at((32.0, 48.0))
    bench.actions.trigger("kinds.from-here")
    made = bench.document.model.config.prototypes.num_prototypes
    qtbot.waitUntil(lambda: len(bench.document.model.prototypes) == made + 1, timeout=60_000)
    assert bench.discover.kinds[0].number == made
    assert bench.discover.kinds[0].examples[0].xy == (32.0, 48.0)
    assert says(opened.window, f"#{made} is made from this place.")
    dock.undo_button.click()
    qtbot.waitUntil(lambda: len(bench.document.model.prototypes) == made, timeout=60_000)
    assert not says(opened.window, "is made from this place.")
    assert bench.discover.kinds[0].number != made

    # More places of a kind that was found: from its card, by clicks on the picture.
    canvas = opened.window.canvas
    dock.commands.sharpen(number)
    assert "too" in canvas.picking.title
    bench.selection.picked.emit(96.0, 48.0)
    qtbot.waitUntil(lambda: says(opened.window, "knows this place, too."), timeout=60_000)
    qtbot.waitUntil(lambda: len(bench.document.model.prototypes) == made + 1, timeout=60_000)
    assert next(k for k in bench.discover.kinds if k.number == number).examples[-1].xy == (96, 48)
    QTest.keyClick(canvas.canvas, Qt.Key.Key_Escape)
    assert not canvas.picking.title
    dock.undo_button.click()
    qtbot.waitUntil(lambda: len(bench.document.model.prototypes) == made, timeout=60_000)

    # Merged from the card's menu, the other card is gone until the two are split.
    other = next(c.number for c in dock.cards.cards if c.number != number)
    toasts: list[Toast] = []
    bench.notices.toast_posted.connect(toasts.append)
    dock.commands.merge(other, number)
    qtbot.waitUntil(lambda: other not in [c.number for c in dock.cards.cards])
    assert f"with #{other}" in card.facts.text()
    assert bench.prototypes.target(other) == number
    assert toasts[-1].action_text == "Undo"
    toasts[-1].action()
    qtbot.waitUntil(lambda: other in [c.number for c in dock.cards.cards])

    card.strip.chosen.emit(0)
    assert bench.document.index == kind.examples[0].picture
    assert bench.selection.prototype == number

    dock.train_button.click()
    dialog = opened.window.openers.opened("training-dialog")
    assert dialog is not None
    request = dialog.request()
    assert request.kind == "fine-tune"
    assert request.start_from == str(found.model_dir)
    model = bench.document.model.config
    assert request.config.preset == "quick-photos"
    assert request.config.data.source == str(rings)
    assert request.config.data.width == model.data.width
    assert request.config.prototypes.num_prototypes == model.prototypes.num_prototypes
    assert request.config.encoder.seed_components == model.encoder.seed_components
    dialog.close()

    # Another model has no kinds to show; the discovered one brings its own back, and what was
    # ticked a moment before is kept with it.
    card.keep.click()
    bench.document.set_model(None)
    assert dock.stack.is_empty
    opened.window.open_model(str(found.model_dir))
    qtbot.waitUntil(lambda: bench.discover.found is not None, timeout=30_000)
    assert [kind.number for kind in bench.discover.found.kinds] == [k.number for k in found.kinds]
    assert bench.discover.name(number) == "ring"
    assert not bench.discover.is_kept(kind)


def test_cancel_keeps_nothing(opened: Program, rings: Path, qtbot) -> None:
    bench, dock = opened.workbench, panel(opened)
    bench.actions.trigger("model.discover")
    qtbot.waitUntil(dock.cancel_button.isVisible, timeout=10_000)
    dock.cancel_button.click()
    qtbot.waitUntil(lambda: not bench.discover.is_busy, timeout=110_000)
    assert list((rings.parent / "runs" / "discoveries").iterdir()) == []
    assert bench.document.model is None
    assert dock.stack.is_empty


def test_without_pictures_it_says_what_it_needs(program: Program) -> None:
    dock, said = panel(program), []
    program.workbench.notices.toast_posted.connect(said.append)
    assert dock.stack.is_empty
    assert dock.stack.hint.button.text() == "Open images…"
    program.workbench.actions.trigger("model.discover")
    assert "Open a folder" in said[0].text
    assert not program.workbench.discover.is_busy


def _kind(number: int, rank: int, *, is_final: bool = True) -> KindFound:
    examples = (KindExample(3, (4.0, 5.0), 12.0, 0.9), KindExample(1, (8.0, 5.5), 20.0, 0.8))
    return KindFound(number, rank, 0.5, True, 0.75, 2.0, None, examples, is_final)


def test_kinds_are_ordered_replaced_and_kept_in_a_file(tmp_path: Path) -> None:
    found = Found("pictures").with_kind(_kind(7, 1, is_final=False)).with_kind(_kind(4, 0))
    found = found.with_kind(_kind(9, 2, is_final=False)).with_kind(_kind(7, 1))
    assert [kind.number for kind in found.final().kinds] == [4, 7]
    assert facts(_kind(4, 0)) == "in 75% of pictures · 2.0 in each · 16 px wide"
    write_found(tmp_path, found.final())
    again = read_found(tmp_path)
    assert again is not None
    assert again.kinds == found.final().kinds
    assert again.model_dir == tmp_path
    (tmp_path / FILE_NAME).write_text('{"kinds": 3}', encoding="utf-8")
    assert read_found(tmp_path) is None


def test_what_a_crash_left_is_removed_by_the_next_discovery(tmp_path: Path) -> None:
    for name, age in ((".unfinished-old", 2 * 24 * 3600), (".unfinished-new", 60), ("mine", 1e6)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "model.json").write_text("{}", encoding="utf-8")
        os.utime(folder, (time.time() - age,) * 2)
    with pytest.raises(SourceError):
        list(
            discovery(
                RunControl(), source=str(tmp_path / "none"), folder=tmp_path, name="a", device="cpu"
            )
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == [".unfinished-new", "mine"]


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    (tmp_path / "a-b-kinds").mkdir()
    assert free_place(tmp_path, "a b").name == "a-b-kinds-2"
    assert free_place(tmp_path, "…").name == "pictures-kinds"


def write_rings(folder: Path) -> Path:
    """Write the pictures as a video, which stands in for a camera."""
    path = folder.parent / "rings.avi"
    codec = cv2.VideoWriter.fourcc(*"FFV1")
    writer = cv2.VideoWriter(str(path), codec, 10.0, (SIZE[1], SIZE[0]))
    for picture in sorted(folder.glob("*.png")):
        writer.write(np.ascontiguousarray(read_picture(picture)[..., ::-1]))
    writer.release()
    return path


def test_discover_what_a_camera_sees(opened: Program, rings: Path, qtbot, monkeypatch) -> None:
    monkeypatch.setattr("tusk_app.discover.watching.SECONDS", 2.0)
    bench = opened.workbench
    bench.camera.start(CameraChoice("file", "rings", str(write_rings(rings))))
    qtbot.waitUntil(lambda: bench.live.newest is not None, timeout=20_000)
    bench.actions.trigger("model.discover")
    assert bench.discover.is_busy
    qtbot.waitUntil(lambda: not bench.discover.is_busy, timeout=180_000)
    found = bench.discover.found
    assert found is not None
    assert found.model_dir == rings.parent / "runs" / "discoveries" / "camera-kinds"
    seen = rings.parent / "runs" / "discoveries" / "camera-seen" / "camera.avi"
    assert found.source == str(seen)
    assert any(str(seen) in note for note in found.notes)
    with open_source(found.source) as video:
        assert video.kind == "video"
        assert len(video) >= 2
    # The model is opened at once, and the camera shows what it finds.
    qtbot.waitUntil(lambda: bench.discover.is_open, timeout=30_000)
    qtbot.waitUntil(lambda: bench.live.newest.detection is not None, timeout=30_000)
    bench.camera.stop()
