"""The loss curves: what legend and plane show of a history, by mouse and keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox

from tests.support import screen
from tests.support.training_runs import step_done
from tusk_app.training.loss_history import LossHistory
from tusk_app.training.widgets.loss_curves import LossCurves
from tusk_app.training.widgets.loss_plot import LossPlot

STEPS = 60


@pytest.fixture
def history() -> LossHistory:
    made = LossHistory()
    made.extend([step_done(step) for step in range(1, STEPS + 1)])
    return made


@pytest.fixture
def plot(qtbot, history: LossHistory) -> LossPlot:
    made = LossPlot()
    qtbot.addWidget(made)
    made.resize(700, 300)
    with qtbot.waitExposed(made):
        made.show()
    made.set_history(history)
    made.redraw()
    return made


def curves(plot: LossPlot) -> LossCurves:
    return plot.findChild(LossCurves)


def test_the_plane_is_made_when_it_is_first_seen(qtbot, history: LossHistory) -> None:
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.set_history(history)
    plot.set_marks([(10, True)], [])
    plot.set_comparisons({"before": history})
    assert curves(plot) is None
    plot.show()
    assert curves(plot) is not None


def test_without_a_step_it_says_what_will_come(qtbot) -> None:
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.show()
    plot.redraw()
    assert screen.says(plot, "The curves begin with the first step.")
    assert plot.legend.shown() == []


def test_the_legend_tells_the_newest_values_until_the_cursor_asks(plot: LossPlot) -> None:
    assert screen.says(plot.legend, f"step {STEPS}, 6 s")
    assert not screen.says(plot, "The curves begin")
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert screen.says(plot.legend, f"step {STEPS - 1}, 6 s")
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert screen.says(plot.legend, f"step {STEPS}, 6 s")
    QTest.keyClick(plot, Qt.Key.Key_Left)
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert screen.says(plot.legend, f"step {STEPS}, 6 s")


def test_the_pointer_moves_the_cursor_and_takes_it_along(plot: LossPlot) -> None:
    plane = curves(plot)
    middle = plane.rect().center()
    QTest.mouseMove(plane.viewport(), middle)
    plane.hovered.emit(20.0)
    assert screen.says(plot.legend, "step 20, 2 s")
    plane.hovered.emit(None)
    assert screen.says(plot.legend, f"step {STEPS}, 6 s")


def test_a_curve_that_is_switched_off_is_gone_from_the_plane(plot: LossPlot) -> None:
    before = screen.drawn(curves(plot))
    box = next(b for b in plot.legend.findChildren(QCheckBox) if b.isChecked())
    box.click()
    assert screen.drawn(curves(plot)) != before
    assert len(plot.legend.hidden()) > 0
    box.click()
    plot.redraw()
    assert screen.drawn(curves(plot)) == before


def test_time_and_steps_are_two_axes(plot: LossPlot) -> None:
    plot.bar.set_options(by_time=True, log_scale=True, ignore_outliers=True, smoothing=1)
    left, right = curves(plot).x_range
    assert 0 <= left < right < 0.12  # minutes
    plot.bar.set_options(by_time=False, log_scale=False, ignore_outliers=False, smoothing=1)
    left, right = curves(plot).x_range
    assert left == pytest.approx(1, abs=0.1)
    assert right == pytest.approx(STEPS, rel=0.05)


def test_a_zoom_stays_until_fit_is_pressed(qtbot, plot: LossPlot) -> None:
    plane, whole = curves(plot), curves(plot).x_range
    plane.set_range((10.0, 20.0))
    plane.zoomed.emit()
    plot.redraw()
    assert plane.x_range == pytest.approx((10, 20))
    QTest.keyClick(plot, Qt.Key.Key_F)
    assert plane.x_range == pytest.approx(whole)


def test_marks_and_earlier_runs_are_explained(qtbot, plot: LossPlot) -> None:
    earlier = LossHistory()
    earlier.extend([replace(step_done(n), losses={"reconstruction": 0.2}) for n in range(1, 50)])
    before = screen.drawn(curves(plot))
    plot.set_marks([(10, False), (30, True), (50, True)], [25])
    plot.redraw()
    assert screen.says(plot.legend, "best checkpoint")
    assert screen.says(plot.legend, "resumed")
    marked = screen.drawn(curves(plot))
    assert marked != before
    plot.set_comparisons({"yesterday": earlier, "empty": LossHistory()})
    plot.redraw()
    qtbot.waitUntil(lambda: screen.says(plot.legend, "yesterday"))
    assert screen.drawn(curves(plot)) != marked
    with qtbot.waitSignal(plot.comparison_dismissed) as gone:
        screen.press(plot.legend, "yesterday")
    assert gone.args == ["yesterday"]


def test_a_narrow_panel_puts_the_legend_below(qtbot, plot: LossPlot) -> None:
    def legend() -> QPoint:
        return plot.legend.mapTo(plot, QPoint(0, 0))

    qtbot.waitUntil(lambda: legend().x() > plot.width() // 2)
    plot.resize(330, 500)
    qtbot.waitUntil(lambda: legend().y() > plot.height() // 2)


def test_a_picture_of_it_is_twice_as_fine(plot: LossPlot) -> None:
    picture = plot.picture()
    assert picture.width() == 2 * plot.width()
    assert picture.devicePixelRatio() == 2
