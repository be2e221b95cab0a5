"""The map's bar: nothing moves under the pointer, and the box names the map that is drawn."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tests.support.screen import box
from tusk_app.map.widgets.bar import MapBar
from tusk_app.map.widgets.footer import MapFooter
from tusk_app.map.widgets.split import MapSplit
from tusk_app.parts.legend_list import LegendEntry, LegendList

LEFT = Qt.MouseButton.LeftButton


def test_choosing_a_method_makes_its_map_and_moves_nothing(qtbot) -> None:
    panel, bar, footer = QWidget(), MapBar(), MapFooter()
    qtbot.addWidget(panel)
    column = QVBoxLayout(panel)
    column.addWidget(bar)
    column.addWidget(footer)
    panel.resize(460, 240)
    with qtbot.waitExposed(panel):
        panel.show()

    def places() -> list[QPoint]:
        parts = (bar.compute_button, bar.options_button, bar.lasso_button, footer)
        return [part.mapTo(panel, QPoint(0, 0)) for part in parts]

    before, method = places(), box(bar, "Method")
    wanted = []
    bar.compute_requested.connect(wanted.append)
    method.setFocus()
    QTest.keyClick(method, Qt.Key.Key_Down)
    assert [choice.method for choice in wanted] == ["umap"]
    assert bar.options_button.isEnabled()
    bar.set_busy(busy=True)
    footer.set_busy(busy=True)
    footer.set_phase("Laying out the points")
    footer.set_progress(448, 500, "Epoch 448 of 500")
    assert places() == before
    assert footer.text == "Epoch 448 of 500"
    # PCA is drawn meanwhile; what was chosen is on its way.
    bar.show_drawn("pca")
    assert method.currentData() == "umap"
    with qtbot.waitSignal(bar.cancel_requested):
        QTest.mouseClick(bar.compute_button, LEFT)
    bar.set_busy(busy=False)
    footer.set_busy(busy=False)
    assert method.currentData() == "pca"
    assert places() == before
    bar.set_busy(busy=True)
    bar.show_drawn("umap")
    bar.set_busy(busy=False)
    assert method.currentData() == "umap"


def test_the_legend_shows_whole_names_and_counts(qtbot) -> None:
    picture, legend = QWidget(), LegendList()
    split = MapSplit(picture, legend)
    qtbot.addWidget(split)
    split.resize(620, 300)
    with qtbot.waitExposed(split):
        split.show()
    names = ("a rather long true class", "bar", "square")
    entries = [LegendEntry(i, name, (200, 80, 20), 1400 - i) for i, name in enumerate(names)]
    legend.set_entries(entries, keep_hidden=False)
    split.fit()
    letters = legend.fontMetrics()
    qtbot.waitUntil(lambda: legend.columnWidth(0) >= letters.horizontalAdvance(names[0]))
    before = legend.columnWidth(0)
    # A selection needs more digits; names keep their room.
    chosen = [LegendEntry(e.group, e.name, e.colour, e.total, e.total) for e in entries]
    legend.set_entries(chosen, keep_hidden=True)
    split.fit()
    assert legend.columnWidth(0) == before
    words = legend.topLevelItem(0).text(1)
    assert legend.columnWidth(1) >= letters.horizontalAdvance(words)
