"""The scatter view and the lasso, with a real mouse."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.support.explore_values import large_analysis, pca_map
from tusk_app.map.widgets.export import map_svg
from tusk_app.parts import palette
from tusk_app.parts.sampling import stratified_sample
from tusk_app.parts.scatter import painter, stars
from tusk_app.parts.scatter import raster as scatter_raster
from tusk_app.parts.scatter.painter import thumbnail_places
from tusk_app.parts.scatter.state import ScatterStars, Viewport
from tusk_app.parts.scatter.view import MAX_DRAWN, ScatterView

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def view(qtbot) -> ScatterView:
    """Nine points on a grid, two groups, fitted."""
    made = ScatterView()
    qtbot.addWidget(made)
    made.resize(400, 400)
    grid = np.array([(x, y) for y in range(3) for x in range(3)], np.float32)
    made.set_points(grid, np.arange(9) + 100, strata=np.arange(9) % 2)
    made.set_colours(np.full((9, 3), 90, np.uint8), (np.arange(9) % 2).astype(np.int32))
    with qtbot.waitExposed(made):
        made.show()
    made.fit()
    return made


def draw(view: ScatterView, rows: list[int], keys=NONE, *, release: bool = True) -> None:
    """Draw a lasso closely around some rows, and let the button go before it is closed."""
    places = np.array([view.place_of(row).toTuple() for row in rows])
    low, high = places.min(axis=0) - 14, places.max(axis=0) + 14
    corners = [(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])]
    QTest.mousePress(view, LEFT, keys, QPoint(*map(int, corners[0])))
    for x, y in corners[1:]:
        QTest.mouseMove(view, QPoint(int(x), int(y)))
    if release:
        QTest.mouseRelease(view, LEFT, keys, QPoint(*map(int, corners[-1])))


def test_a_dragged_plane_looks_as_if_it_were_drawn_there(view) -> None:
    view.set_tool("pan")
    view.set_selected(np.array([101, 104], np.int64))
    view.clearFocus()
    start = QPoint(20, 20)
    QTest.mousePress(view, LEFT, NONE, start)
    # Far, back, and so that points that were outside come into view.
    for moved in ((150, 130), (260, -170), (90, 40), (-230, 200)):
        QTest.mouseMove(view, start + QPoint(*moved))
        assert view.grab().toImage() == view.picture(1.0).convertToFormat(
            view.grab().toImage().format()
        )
    QTest.mouseRelease(view, LEFT, NONE, start + QPoint(*moved))


def test_lasso_closes_on_release_and_selects_what_is_inside(qtbot, view) -> None:
    with qtbot.waitSignal(view.enclosed) as closed:
        draw(view, [100, 101])
    rows, mode = closed.args
    assert rows.tolist() == [100, 101]
    assert mode == "replace"


@pytest.mark.parametrize(("keys", "mode"), [(SHIFT, "add"), (ALT, "remove")])
def test_keys_held_decide_what_the_lasso_does(qtbot, view, keys, mode) -> None:
    with qtbot.waitSignal(view.enclosed) as closed:
        draw(view, [104], keys)
    assert closed.args[1] == mode


def test_pictures_take_the_place_of_dots_only_where_they_have_room(view) -> None:
    wide = Viewport((1.0, 1.0), 100.0, (400, 400))
    assert len(thumbnail_places(view.state, wide)[0]) == 9
    close = Viewport((1.0, 1.0), 20.0, (400, 400))
    assert thumbnail_places(view.state, close) is None


def test_hidden_points_are_not_selected(qtbot, view) -> None:
    view.set_hidden_groups(frozenset({1}))
    with qtbot.waitSignal(view.enclosed) as closed:
        draw(view, list(range(100, 109)))
    assert closed.args[0].tolist() == [100, 102, 104, 106, 108]


def test_escape_drops_the_outline_first_and_then_the_selection(qtbot, view) -> None:
    draw(view, [100, 101], release=False)
    with qtbot.assertNotEmitted(view.cleared):
        QTest.keyClick(view, Qt.Key.Key_Escape)
    with qtbot.assertNotEmitted(view.enclosed):
        QTest.mouseRelease(view, LEFT, NONE, QPoint(5, 5))
    with qtbot.waitSignal(view.cleared):
        QTest.keyClick(view, Qt.Key.Key_Escape)


def test_the_tool_stays_until_it_is_changed(qtbot, view) -> None:
    draw(view, [100])
    assert view.tool == "lasso"
    with qtbot.waitSignal(view.tool_changed):
        QTest.keyClick(view, Qt.Key.Key_G)
    assert view.tool == "pan"
    QTest.keyClick(view, Qt.Key.Key_S)
    assert view.tool == "lasso"


def test_a_click_opens_the_point_under_the_pointer(qtbot, view) -> None:
    with qtbot.waitSignal(view.point_clicked) as clicked:
        QTest.mouseClick(view, LEFT, NONE, view.place_of(104))
    assert clicked.args == [104]


def test_hover_tells_the_point_and_then_nothing(qtbot, view) -> None:
    with qtbot.waitSignal(view.point_hovered) as hovered:
        QTest.mouseMove(view, view.place_of(108))
    assert hovered.args[0] == 108
    with qtbot.waitSignal(view.point_hovered) as left:
        QTest.mouseMove(view, view.place_of(108) + QPoint(25, 0))
    assert left.args[0] is None


def test_stars_win_over_points(qtbot, view) -> None:
    star = ScatterStars(
        np.array([[1.0, 1.0]], np.float32), np.zeros((1, 3), np.uint8), ("7",), np.ones(1, bool)
    )
    view.set_stars(star)
    with qtbot.waitSignal(view.star_clicked) as clicked:
        QTest.mouseClick(view, LEFT, NONE, view.place_of(104))
    assert clicked.args == [0]


def test_panning_moves_the_plane_under_the_pointer(qtbot, view) -> None:
    view.set_tool("pan")
    before = view.place_of(104)
    QTest.mousePress(view, LEFT, NONE, QPoint(100, 100))
    QTest.mouseMove(view, QPoint(130, 90))
    QTest.mouseRelease(view, LEFT, NONE, QPoint(130, 90))
    assert view.place_of(104) - before == QPoint(30, -10)


def test_large_maps_draw_a_sample_of_every_prototype(qtbot) -> None:
    analysis = large_analysis(60_000)
    layout = pca_map(analysis)
    view = ScatterView()
    qtbot.addWidget(view)
    view.resize(500, 400)
    view.set_points(layout.points, layout.indices, strata=analysis.labels)
    view.set_colours(palette.colours(24)[analysis.labels], analysis.labels)
    drawn = view.state.points.drawn
    assert len(drawn) <= MAX_DRAWN
    assert len(np.unique(analysis.labels[drawn])) == len(np.unique(analysis.labels))
    view.set_selected(np.flatnonzero(analysis.labels == 3))
    assert int(view.state.selected.sum()) == int((analysis.labels == 3).sum())
    image = view.picture(1.0)
    assert not image.isNull()


def test_points_are_drawn_where_the_view_says(qtbot, view) -> None:
    image = view.grab().toImage()
    place = view.place_of(100)
    assert image.pixelColor(place).getRgb()[:3] == (90, 90, 90)


def test_sampling_keeps_rare_labels() -> None:
    labels = np.repeat([0, 1, 2], [100_000, 500, 3])
    chosen = stratified_sample(labels, 1000)
    counts = np.bincount(labels[chosen])
    assert len(chosen) <= 1000
    assert counts[2] == 3
    assert counts[1] >= 490
    assert len(np.unique(chosen)) == len(chosen)


def test_enclosed_follows_the_outline_of_a_concave_lasso() -> None:
    outline = np.array([[0, 0], [10, 0], [10, 10], [5, 2], [0, 10]], float)
    points = np.array([[1, 1], [5, 6], [9, 8], [20, 20]], float)
    assert scatter_raster.enclosed(points, outline).tolist() == [True, False, True, False]


def test_zoom_keeps_the_point_under_the_pointer() -> None:
    view = Viewport((1.0, 2.0), 20.0, (300, 200))
    before = view.to_plane(40, 60)
    assert np.allclose(view.zoomed(3.0, 40, 60).to_plane(40, 60), before)


def test_svg_names_stars_and_escapes_text(view) -> None:
    view.set_stars(
        ScatterStars(
            np.array([[1.0, 1.0]], np.float32),
            np.zeros((1, 3), np.uint8),
            ("a<b",),
            np.ones(1, bool),
        )
    )
    text = map_svg(view.state, view.view)
    assert text.startswith("<svg")
    assert "a&lt;b" in text
    assert text.count("h0") == 9


def test_a_box_takes_what_lies_between_two_corners(qtbot, view) -> None:
    QTest.keyClick(view, Qt.Key.Key_B)
    assert view.tool == "box"
    begin = view.place_of(103) + QPoint(-12, -12)
    end = view.place_of(107) + QPoint(12, 12)
    if begin.y() > end.y():  # y grows upwards on the plane
        begin, end = QPoint(begin.x(), end.y() - 24), QPoint(end.x(), begin.y() + 24)
    with qtbot.waitSignal(view.enclosed) as closed:
        QTest.mousePress(view, LEFT, SHIFT, begin)
        QTest.mouseMove(view, QPoint(end.x(), begin.y()))
        QTest.mouseMove(view, end)
        QTest.mouseRelease(view, LEFT, SHIFT, end)
    rows, mode = closed.args
    assert rows.tolist() == [103, 104, 106, 107]
    assert mode == "add"


def test_a_selection_draws_only_the_selected_points_anew(view, monkeypatch) -> None:
    drawn: list[str] = []
    for module, name in ((painter, "points_image"), (painter, "selected_image"),
                         (stars, "paint_stars")):  # fmt: skip
        draw_it = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *a, n=name, f=draw_it, **k: (drawn.append(n), f(*a, **k))[1]
        )
    view.set_selected(np.array([100]))
    view.grab()
    drawn.clear()
    view.set_selected(np.array([104]))
    first = view.grab().toImage()
    assert drawn == ["selected_image"]
    view.set_selected(np.array([], np.int64))
    assert view.grab().toImage() != first


def test_the_picture_of_the_map_is_sharp_and_leaves_the_view_as_it_is(view) -> None:
    view.set_selected(np.array([104]))
    before = view.grab().toImage()
    picture = view.picture(2.0)
    assert (picture.width(), picture.height()) == (800, 800)
    assert view.grab().toImage() == before
