"""Suggested merges: previewed, applied, undone and saved beside the model; entropy of use."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.support import screen
from tests.support.screen import says
from tusk_app.gallery.merge_dialog import MergeDialog, MergeOffer
from tusk_app.gallery.model import effective_number, summary, usage_entropy, usage_note
from tusk_app.state.prototypes import PrototypeBook
from tusk_core import api

LEFT = Qt.MouseButton.LeftButton


def test_suggested_merges_are_previewed_applied_and_undone(qtbot, gallery) -> None:
    dock, bench, _ = gallery
    book, toasts = bench.prototypes, []
    bench.notices.toast_posted.connect(toasts.append)
    QTest.mouseClick(dock.suggest_button, LEFT)
    qtbot.waitUntil(lambda: screen.dialog(dock, MergeDialog) is not None, timeout=20_000)
    dialog = screen.dialog(dock, MergeDialog)
    dialog.number.setValue(3)
    expected = api.suggest_merges(bench.document.analysis, 3)
    assert dialog.list.topLevelItemCount() >= 1
    for row in range(dialog.list.topLevelItemCount()):
        dialog.list.topLevelItem(row).setCheckState(1, Qt.CheckState.Checked)
    assert book.merges() == {}
    QTest.mouseClick(dialog.join_button, LEFT)
    assert [book.target(i) for i in range(book.num)] == expected.tolist()
    used = {tile.index for tile in bench.gallery.tiles if tile.count > 0}
    assert len(used) == 3
    assert toasts[-1].action_text == "Undo"
    toasts[-1].action()
    assert book.merges() == {}
    assert screen.dialog(dock, MergeDialog) is None


def test_one_change_is_told_for_all_merges_and_saved(qtbot, tmp_path) -> None:
    book = PrototypeBook()
    book.reset(5, tmp_path)
    told = []
    book.changed.connect(lambda: told.append(1))
    book.set_merges({1: 0, 3: 2, 4: 4, 9: 0})
    assert len(told) == 1
    assert book.merges() == {1: 0, 3: 2}
    kept = json.loads((tmp_path / "prototypes.json").read_text(encoding="utf-8"))
    assert kept["merged"] == {"1": 0, "3": 2}
    book.set_merges({1: 2, 2: 0})  # a chain is not followed, it is refused
    assert book.merges() == {2: 0}


def test_the_dialog_tells_what_it_would_do(qtbot) -> None:
    steps = {1: [0, 0, 0, 3], 2: [0, 0, 2, 3], 3: [0, 1, 2, 3]}
    dialog = MergeDialog(
        MergeOffer(
            groups=lambda number: np.array(steps[number]),
            likely=2,
            counts=np.array([5, 4, 3, 0]),
            names=("ear", "#1", "#2", "#3"),
            cosines=np.full((4, 4), 0.25),
            pictures=np.zeros((4, 6, 5, 3), np.uint8),
        )
    )
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.number.maximum() == 3
    item = dialog.list.topLevelItem(0)
    assert item.text(1) == "ear  ←  #1\n9 detections"
    assert item.text(2) == "0.25"
    dialog.number.setValue(3)
    assert not dialog.join_button.isEnabled()
    QTest.mouseClick(dialog.likely_button, LEFT)
    assert dialog.number.value() == 2
    with qtbot.waitSignal(dialog.accepted_groups) as joined:
        QTest.mouseClick(dialog.join_button, LEFT)
    assert joined.args[0].tolist() == steps[2]


def test_doubtful_rows_are_not_ticked_and_each_row_is_decided_alone(qtbot) -> None:
    cosines = np.eye(5)
    cosines[0, 1] = cosines[1, 0] = 0.9
    cosines[2, 3] = cosines[3, 2] = -0.01
    steps = {2: [0, 0, 0, 0, 4], 3: [0, 0, 2, 2, 4], 4: [0, 0, 2, 3, 4], 5: [0, 1, 2, 3, 4]}
    dialog = MergeDialog(
        MergeOffer(
            groups=lambda number: np.array(steps[number]),
            likely=3,
            counts=np.array([5, 4, 3, 2, 2]),
            names=tuple("abcde"),
            cosines=cosines,
            doubtful_below=0.3,
        )
    )
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.groups().tolist() == [0, 0, 2, 3, 4]
    assert says(dialog, "hardly alike")
    sure, doubtful = dialog.list.topLevelItem(0), dialog.list.topLevelItem(1)
    doubtful.setCheckState(1, Qt.CheckState.Checked)
    assert dialog.groups().tolist() == [0, 0, 2, 2, 4]
    sure.setCheckState(1, Qt.CheckState.Unchecked)
    assert dialog.groups().tolist() == [0, 1, 2, 2, 4]
    dialog.number.setValue(4)
    assert not dialog.join_button.isEnabled()
    dialog.number.setValue(3)  # what was ticked by hand is remembered
    with qtbot.waitSignal(dialog.accepted_groups) as joined:
        QTest.mouseClick(dialog.join_button, LEFT)
    assert joined.args[0].tolist() == [0, 1, 2, 2, 4]


def test_entropy_of_use_in_plain_words(gallery) -> None:
    _, bench, _ = gallery
    tiles = bench.gallery.tiles
    even = tuple(replace(tile, count=7) for tile in tiles[:4])
    assert usage_entropy(even) == pytest.approx(2.0)
    assert effective_number(even) == pytest.approx(4.0)
    one = (replace(tiles[0], count=9), replace(tiles[1], count=0))
    assert effective_number(one) == pytest.approx(1.0)
    assert "evenly" not in summary(even)
    uneven = (*even, replace(tiles[4], count=1))
    assert f"like {effective_number(uneven):.1f} evenly used" in summary(uneven)
    assert usage_note(()) == ""
    assert "bits of at most 2.00" in usage_note(even)
