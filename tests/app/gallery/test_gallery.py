"""The gallery: names, merges and health carried everywhere; patches cut where they belong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QLineEdit

from tests.support.explore_values import (
    ShapesSource,
    analysis_of,
    large_analysis,
    made_analysis,
    prototypes,
)
from tusk_app.canvas.widgets.hand import PROTOTYPE_MIME
from tusk_app.engine.analysis_index import build_index, prototype_health
from tusk_app.gallery.model import make_tiles, sorted_rows, summary
from tusk_app.gallery.widgets.patch_grid import PatchGrid
from tusk_app.parts.hover_card import HoverCard
from tusk_app.pictures.patch_cache import PatchCache
from tusk_app.pictures.patch_loader import PatchLoader, PatchQueue, PatchRequest, cut, mean_patches
from tusk_app.state.prototypes import PrototypeBook
from tusk_core import api
from tusk_core.control import RunControl

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


def test_pictures_of_the_tiles_come_by_themselves(qtbot, gallery) -> None:
    _, bench, _ = gallery
    controller = bench.gallery
    qtbot.waitUntil(lambda: controller.decoded is not None, timeout=20_000)
    qtbot.waitUntil(lambda: controller.means is not None, timeout=20_000)
    assert len(controller.decoded) == len(controller.means) == 12
    qtbot.waitUntil(lambda: len(bench.patches.patches) > 0, timeout=20_000)


def test_rename_with_the_keyboard_reaches_every_name(qtbot, gallery) -> None:
    dock, bench, _ = gallery
    tiles = dock.tiles
    tiles.setCurrentIndex(tiles.prototypes.index(2))
    tiles.setFocus()
    QTest.keyClick(tiles, Qt.Key.Key_F2)
    editor = tiles.findChild(QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, "corner")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bench.prototypes.name(2) == "corner")
    assert tiles.prototypes.index(2).data() == "corner"


def test_names_of_tiles_are_whole_with_larger_text(gallery) -> None:
    dock, bench, _ = gallery
    font = dock.tiles.font()
    font.setPointSizeF(1.75 * font.pointSizeF())
    dock.tiles.setFont(font)
    font.setBold(True)
    name = QFontMetrics(font).horizontalAdvance(bench.prototypes.name(11))
    tile = dock.tiles.sizeHintForIndex(dock.tiles.prototypes.index(11))
    assert tile.width() >= name + 10


def test_merge_and_rename_are_commands(gallery) -> None:
    dock, bench, _ = gallery
    merge, rename = (bench.actions.get(f"prototypes.{word}") for word in ("merge", "rename"))
    bench.selection.clear()
    assert not merge.isEnabled()
    assert not rename.isEnabled()
    bench.links.select_prototypes([2])
    rename.trigger()
    (dialog,) = dock.window().findChildren(QInputDialog)
    dialog.setTextValue("corner")
    dialog.accept()
    assert bench.prototypes.name(2) == "corner"
    bench.links.select_prototypes([0, 1])
    assert merge.isEnabled()
    merge.trigger()
    assert len(bench.prototypes.merges()) == 1


def test_merge_and_rename_are_carried_into_a_coco_export(qtbot, gallery, tmp_path) -> None:
    dock, bench, _ = gallery
    book = bench.prototypes
    analysis = bench.document.analysis
    ours = np.bincount(analysis.labels, minlength=12)
    bigger, smaller = (0, 1) if ours[0] >= ours[1] else (1, 0)
    for row in (0, 1):
        index = dock.tiles.prototypes.index(row)
        flag = dock.tiles.selectionModel().SelectionFlag.Select
        dock.tiles.selectionModel().select(index, flag)
    QTest.mouseClick(dock.merge_button, LEFT)
    book.rename(bigger, "block")
    assert book.target(smaller) == bigger
    assert int(bench.analysis.index.counts[smaller]) == 0
    assert [tile.index for tile in bench.gallery.tiles].count(smaller) == 0

    path = tmp_path / "found.json"
    names = {i: book.name(i) for i in range(book.num)}
    api.export_analysis(analysis, path, file_format="coco", names=names, merged=book.merges())
    written = json.loads(path.read_text(encoding="utf-8"))
    categories = {c["id"]: c["name"] for c in written["categories"]}
    of_block = [a for a in written["annotations"] if categories[a["category_id"]] == "block"]
    assert len(of_block) == ours[0] + ours[1]

    menu = dock.make_menu([bigger])
    next(a for a in menu.actions() if a.text() == "Unmerge").trigger()
    assert book.target(smaller) == smaller
    assert int(bench.analysis.index.counts[smaller]) == ours[smaller]


def test_merges_lie_beside_the_model_and_come_back(tmp_path) -> None:
    book = PrototypeBook()
    book.reset(6, tmp_path)
    book.merge(4, 1)
    book.rename(1, "ear")
    again = PrototypeBook()
    again.reset(6, tmp_path)
    assert again.target(4) == 1
    assert again.name(4) == "ear"


def test_hide_from_the_menu(qtbot, gallery) -> None:
    dock, bench, _ = gallery
    menu = dock.make_menu([3])
    next(a for a in menu.actions() if a.text() == "Hide everywhere").trigger()
    assert bench.prototypes.is_hidden(3)
    assert 3 not in bench.analysis.index.labels[dock.grid.rows]
    next(a for a in dock.make_menu([3]).actions() if a.text() == "Show everywhere").trigger()
    assert not bench.prototypes.is_hidden(3)


def test_a_prototype_nothing_was_found_of_says_so(qtbot, gallery) -> None:
    dock, bench, _ = gallery
    counts = np.bincount(bench.document.analysis.labels, minlength=12)
    empty, found = int(counts.argmin()), int(counts.argmax())
    assert counts[empty] == 0
    bench.selection.select_prototype(empty, "test")
    assert "nothing of" in dock.grid.accessibleDescription()
    blank = dock.grid.grab().toImage()
    dock.grid.set_empty_text("")
    assert dock.grid.grab().toImage() != blank
    bench.selection.select_prototype(found, "test")
    assert dock.grid.accessibleDescription() == ""


def test_a_dragged_tile_carries_its_prototype(gallery) -> None:
    dock, _, _ = gallery
    model = dock.tiles.prototypes
    data = model.mimeData([model.index(model.row_of(5))])
    assert bytes(data.data(PROTOTYPE_MIME).data()) == b"5"


@pytest.mark.parametrize("key", ["similarity", "score", "error", "time"])
def test_detections_are_sorted(gallery, key) -> None:
    dock, bench, _ = gallery
    dock.sort.setCurrentIndex(dock.sort.findData(key))
    analysis, rows = bench.document.analysis, dock.grid.rows
    assert sorted(rows.tolist()) == list(range(len(analysis.labels)))
    values = {
        "score": -analysis.scores[rows],
        "error": -analysis.picture_errors[analysis.picture[rows]],
        "time": analysis.picture[rows],
    }.get(key)
    if values is not None:
        assert (np.diff(values) >= 0).all()


def test_health_tells_dead_and_twins() -> None:
    table = prototypes(12)
    counts = np.full(12, 5)
    counts[3] = 0
    health = prototype_health(table, counts)
    assert health[3].state == "dead"
    assert [h.state for h in health[-2:]] == ["duplicate", "duplicate"]
    assert health[-1].twin == 10
    assert health[0].state == "used"
    book = PrototypeBook()
    book.reset(12)
    index = build_index(analysis_of(ShapesSource(10)))
    tiles = make_tiles(book, table, index)
    assert "of 12 used" in summary(tiles)


def test_index_counts_pictures_not_detections() -> None:
    source = ShapesSource(4)
    made = made_analysis(
        np.array([0, 0, 1, 3]), np.zeros((4, 2)), np.array([2, 2, 1, 2]), prototypes(), source
    )
    index = build_index(made)
    assert index.counts[2] == 3
    assert index.shares[2] == pytest.approx(0.5)
    assert index.rows_of_prototype(2).tolist() == [0, 1, 3]
    assert index.rows_of_picture(0).tolist() == [0, 1]
    assert index.rows_of_picture(2).tolist() == []
    targets = np.arange(12)
    targets[1] = 2
    assert build_index(made, targets).rows_of_prototype(2).tolist() == [0, 1, 2, 3]


def test_similarity_puts_the_best_first() -> None:
    analysis = analysis_of(ShapesSource(30))
    rows = np.flatnonzero(analysis.labels == analysis.labels[0])
    label = int(analysis.labels[0])
    order = sorted_rows(analysis, rows, "similarity", label)
    vectors = analysis.descriptors[order].astype(np.float32)
    cosines = vectors @ analysis.prototypes[label] / np.linalg.norm(vectors, axis=1)
    assert (np.diff(cosines) <= 1e-6).all()


# The grid


@pytest.fixture
def grid(qtbot) -> PatchGrid:
    """A shown grid of a hundred thousand patches that only counts what it is asked for."""
    made = PatchGrid()
    qtbot.addWidget(made)
    made.asked = []

    def patch_of(row: int) -> None:
        made.asked.append(row)

    made.set_patches(patch_of)
    made.resize(420, 300)
    analysis = large_analysis()
    made.set_rows(
        np.arange(len(analysis.labels))[::-1], np.zeros((len(analysis.labels), 3), np.uint8)
    )
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_only_patches_in_view_are_asked_for(qtbot, grid) -> None:
    grid.asked.clear()
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum() // 2)
    grid.viewport().repaint()
    assert 0 < len(set(grid.asked)) <= len(grid.visible_rows()) < 60


def test_grid_selects_by_mouse_and_keyboard(qtbot, grid) -> None:
    rows = grid.rows
    with qtbot.waitSignal(grid.activated) as opened:
        QTest.mouseClick(grid.viewport(), LEFT, NONE, grid.place_of(1).center())
    assert opened.args == [int(rows[1])]
    with qtbot.waitSignal(grid.selection_made) as made:
        shift = Qt.KeyboardModifier.ShiftModifier
        QTest.mouseClick(grid.viewport(), LEFT, shift, grid.place_of(3).center())
    assert made.args[0].tolist() == sorted(rows[1:4].tolist())
    QTest.keyClick(grid, Qt.Key.Key_End)
    assert int(rows[-1]) in grid.visible_rows().tolist()
    with qtbot.waitSignal(grid.cleared):
        QTest.keyClick(grid, Qt.Key.Key_Escape)


def test_resizing_patches_keeps_the_place(qtbot, grid) -> None:
    grid.verticalScrollBar().setValue(200_000)
    first = grid.visible_rows()[0]
    grid.set_side(120)
    assert first in grid.visible_rows()


# Patches


def test_cut_shows_the_square_around_a_place() -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[20, 30] = 255
    patch = cut(picture, np.array([30.0, 20.0]), 4.0, 33)
    y, x = np.unravel_index(patch[..., 0].argmax(), (33, 33))
    assert (x, y) == (16, 16)
    small = cut(picture, np.array([30.0, 20.0]), 20.0, 10)
    assert small.shape == (10, 10, 3)
    corner = cut(picture, np.array([0.0, 0.0]), 10.0, 16)
    assert corner.max() == 0


def _request(source: ShapesSource, count: int) -> PatchRequest:
    analysis = analysis_of(source)
    rows = np.arange(count)
    return PatchRequest(
        source.source, rows, analysis.picture[rows].astype(np.int64), analysis.xy[rows],
        np.full(count, 10, np.float32), 24,
    )  # fmt: skip


def test_loader_reads_each_picture_once(qtbot) -> None:
    source, queue = ShapesSource(6), PatchQueue()
    loader = PatchLoader(queue, lambda _name, _shown_as: source)
    got: dict[int, np.ndarray] = {}
    loader.patches_ready.connect(
        lambda rows, patches: got.update(zip(rows.tolist(), patches, strict=True))
    )
    queue.put(_request(source, 12))
    loader.work()
    assert sorted(got) == list(range(12))
    assert source.reads == 4
    assert all(patch.max() > 0 for patch in got.values())
    loader.close()


def test_a_newer_request_interrupts_an_older_one(qtbot) -> None:
    queue = PatchQueue()

    class Busy(ShapesSource):
        """Somebody asks for something else while its first picture is read."""

        def read(self, index):
            queue.put(request)
            return super().read(index)

    source = Busy(6)
    loader = PatchLoader(queue, lambda _name, _shown_as: source)
    request = _request(source, 12)
    queue.put(request)
    loader.work()
    assert source.reads == 1
    loader.close()


def test_mean_patches_of_each_label() -> None:
    source = ShapesSource(6)
    request = _request(source, 12)
    labels = np.arange(12) % 2
    means = mean_patches(request, labels, 3, RunControl(), lambda _name, _shown_as: source)
    assert means.shape == (3, 24, 24, 3)
    assert means[0].max() > 0
    assert means[2].max() == 0


def test_cache_asks_once_a_turn_and_forgets_the_oldest(qtbot) -> None:
    cache = PatchCache(limit=3)
    with qtbot.waitSignal(cache.wanted) as wanted:
        assert cache.get(7) is None
        assert cache.get(8) is None
    assert wanted.args[0] == [7, 8]
    cache.put([1, 2, 3], np.zeros((3, 4, 4, 3), np.uint8))
    assert cache.get(1) is not None
    cache.put([4], np.zeros((1, 4, 4, 3), np.uint8))
    assert cache.get(2) is None
    assert cache.get(1) is not None
    cache.clear()


def test_a_missing_source_is_told_once(qtbot) -> None:
    queue = PatchQueue()
    loader = PatchLoader(queue)
    queue.put(_request(ShapesSource(3, source=str(Path("/nowhere/at/all"))), 2))
    with qtbot.waitSignal(loader.failed) as failed:
        loader.work()
    assert failed.args[0]


def test_hover_card_tells_what_is_pointed_at(qtbot, gallery) -> None:
    dock, bench, _ = gallery
    dock.grid.hovered.emit(int(dock.grid.rows[0]), QPoint(100, 100))
    (card,) = dock.findChildren(HoverCard)
    assert card.isVisible()
    assert bench.selection.hovered == int(dock.grid.rows[0])
    dock.grid.hovered.emit(None, QPoint())
    assert not card.isVisible()


def test_the_detections_of_a_prototype_are_saved(qtbot, gallery, tmp_path) -> None:
    dock, bench, _ = gallery
    path = tmp_path / "chosen.csv"
    dock.commands.save_detections(path, [0, 2])
    expected = np.isin(bench.document.analysis.labels, [0, 2]).sum()
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1 + expected


def test_twins_can_be_merged_from_the_menu(qtbot, gallery) -> None:
    dock, bench, source = gallery
    labels = np.array([10, 11, 11, 0])
    made = made_analysis(np.arange(4), np.full((4, 2), 20.0), labels, prototypes(), source)
    bench.document.set_analysis(made)
    menu = dock.make_menu([10])
    next(a for a in menu.actions() if a.text().startswith("Merge with")).trigger()
    assert bench.prototypes.target(10) == 11
    assert bench.selection.prototype == 11
    assert int(bench.analysis.index.counts[11]) == 3
