"""Tiles in another order: like beside like, and what is selected stays selected."""

from __future__ import annotations

import itertools

import numpy as np

from tusk_app.gallery.arranging import arranged
from tusk_app.gallery.model import PrototypeTile

COLOURS = ((230, 30, 30), (30, 40, 220), (30, 200, 40))


def tile(index: int, count: int = 0) -> PrototypeTile:
    return PrototypeTile(index, f"kind {index}", (0, 0, 0), count, 0.0, None, "", False, ())


def looks() -> np.ndarray:
    """Return six looks on black: squares and bars, each in three colours, mixed."""
    made = np.zeros((6, 24, 24, 3), np.uint8)
    for number in range(6):
        height, width = ((8, 8), (3, 20))[number % 2]
        y, x = (24 - height) // 2, (24 - width) // 2
        made[number, y : y + height, x : x + width] = COLOURS[number // 2]
    return made[[0, 3, 4, 1, 2, 5]]


def order_of(order, pictures) -> list[int]:
    tiles = tuple(tile(index) for index in range(6))
    return [one.index for one in arranged(tiles, pictures, order)]


def neighbours(order: list[int], of: list[int]) -> int:
    """Return how often a tile and the next differ."""
    return sum(of[a] != of[b] for a, b in itertools.pairwise(order))


def test_like_stands_beside_like_by_colour_and_by_form() -> None:
    colours, forms = [0, 1, 2, 0, 1, 2], [0, 1, 0, 1, 0, 1]
    assert neighbours(order_of("colour", looks()), colours) == 2
    assert neighbours(order_of("form", looks()), forms) == 1
    assert sorted(order_of("form", looks())) == list(range(6))


def test_kinds_that_show_nothing_come_last() -> None:
    pictures = looks()
    pictures[1] = 0
    assert order_of("colour", pictures)[-1] == order_of("form", pictures)[-1] == 1
    assert order_of("colour", 0 * pictures) == list(range(6))


def test_without_looks_tiles_stay_and_use_needs_none() -> None:
    assert order_of("form", None) == list(range(6))
    assert order_of("number", looks()) == list(range(6))
    tiles = (tile(0, 3), tile(1, 9), tile(2, 5))
    assert [one.index for one in arranged(tiles, None, "count")] == [1, 2, 0]


def test_the_menu_arranges_and_the_selection_stays(qtbot, gallery) -> None:
    dock, bench, _ = gallery
    qtbot.waitUntil(lambda: bench.gallery.decoded is not None, timeout=20_000)
    tiles = dock.tiles
    tiles.select([2])
    (orders,) = [a.menu() for a in dock.make_menu([2]).actions() if a.text().startswith("Arrange")]
    assert [action.isChecked() for action in orders.actions()] == [True, False, False, False]
    orders.actions()[1].trigger()
    shown = [tiles.prototypes.index(row).data() for row in range(tiles.prototypes.rowCount())]
    counts = {one.name: one.count for one in bench.gallery.tiles}
    assert [counts[name] for name in shown] == sorted(counts.values(), reverse=True)
    assert tiles.selected_prototypes() == [2]
    bench.actions.get("gallery.by-number").trigger()
    assert tiles.prototypes.index(2).data() == bench.prototypes.name(2)
