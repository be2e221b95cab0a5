"""Workspaces: saved arrangements of the same docks, with defaults made from one table.

A little longer than other files: what is saved, shown and filled is one state of one window.
"""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QStyle, QTabBar, QWidget

from tusk_app.panel import Panel
from tusk_app.shell.filling import FillingPanel, tend_tabs
from tusk_app.shell.lent_height import LentHeight
from tusk_app.shell.widgets.dock_title import DockTitle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PySide6.QtWidgets import QDockWidget, QMainWindow

    from tusk_app.settings import Settings

log = logging.getLogger(__name__)

DATA, TRAIN, EXPLORE = "Data", "Train", "Explore"
WORKSPACES = (DATA, TRAIN, EXPLORE)
LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea

# Counts up when the table of docks changes so much that older saved layouts make no sense.
LAYOUT_VERSION = 3

# A bottom dock that is called for gets at least this height [px].
LEAST_HEIGHT = 230

# A side dock that is called for gets at least this width [px].
_LEAST_WIDTHS = {"discover": 316}

# Share of the window's width (left, right) and height (bottom) that a side takes at first.
_SHARES: dict[str, dict[Qt.DockWidgetArea, float]] = {
    DATA: {LEFT: 0.17, RIGHT: 0.24, BOTTOM: 0.16},
    TRAIN: {LEFT: 0.215, RIGHT: 0.24, BOTTOM: 0.62},
    EXPLORE: {LEFT: 0.15, RIGHT: 0.26, BOTTOM: 0.46},
}

# Shares of the height on the right: what was found, and how it is shown, which has more to set.
_STACK = (0.4, 0.6)

WIDGET_SIZE_MAX = (1 << 24) - 1  # what Qt means by "no limit"

# Docks that share the first column of their side in a workspace, whatever column they have
# elsewhere: there, each of them needs the whole height.
_TOGETHER = {EXPLORE: frozenset({"overlay"})}

# Docks that stand in a row of their own below the others of their side when they are shown.
_OWN_ROW = {EXPLORE: frozenset({"timeline"})}

# Share of the width that the first of the columns below gets at first.
_FIRST_COLUMN = 0.55
# Analyses compare pictures side by side: this share of the width is theirs when called for.
_WIDE_SHARE = 0.64
_WIDE = frozenset({"correspondence", "equivariance", "raster", "tracks", "time-machine"})

# The dock that takes the place of the picture in a workspace, for as long as it is shown.
_MAIN_DOCK = {TRAIN: "training"}


@dataclass(frozen=True, slots=True)
class DockSpec:
    """Where a dock stands until the user moves it.

    Attributes:
        make: its class, which knows its name and title.
        area: side of the window.
        workspaces: workspaces that show it at first.
        column: docks of one area and column are stacked as tabs; columns stand side by side
            (bottom) or one below the other (left and right), in this order.
    """

    make: type[Panel]
    area: Qt.DockWidgetArea
    workspaces: frozenset[str]
    column: int = 0


class Layouts(QObject):
    """Switches between workspaces and remembers what the user made of each.

    Until ``reveal`` all docks are hidden, so that the welcome page has the window to itself.

    Signals:
        changed: str, the workspace in force.
    """

    changed = Signal(str)

    def __init__(
        self,
        window: QMainWindow,
        docks: Mapping[str, QDockWidget],
        specs: Iterable[DockSpec],
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._docks = dict(docks)
        self._specs = [spec for spec in specs if spec.make.name in self._docks]
        self._settings = settings
        remembered = settings.value("layout/workspace", DATA)
        self._current = remembered if remembered in WORKSPACES else DATA
        self._is_revealed = self._was_reset = False
        self._tidier = QTimer(self)
        self._tidier.setSingleShot(True)
        self._tidier.setInterval(0)
        self._tidier.timeout.connect(self._tidy)
        self._resizer = QTimer(self)
        self._resizer.setSingleShot(True)
        self._resizer.setInterval(0)
        self._resizer.timeout.connect(lambda: self._resize(self._current))
        self._lent = LentHeight(window, self._docks.values())
        self._filling = FillingPanel(
            window, docks, lambda: self._fold_centre(is_folded=False), version=LAYOUT_VERSION
        )
        self._filling.changed.connect(self._tidy_soon)
        self._titles: dict[QDockWidget, tuple[DockTitle, QWidget]] = {}
        for dock in self._docks.values():
            self._titles[dock] = (DockTitle(dock), QWidget(dock))
            self._titles[dock][0].fill_wanted.connect(functools.partial(self.toggle_fill, dock))
            dock.setTitleBarWidget(self._titles[dock][0])
            self._titles[dock][1].hide()
            dock.visibilityChanged.connect(self._tidy_soon)
            dock.topLevelChanged.connect(self._tidy_soon)
            dock.dockLocationChanged.connect(self._tidy_soon)
        for spec in self._specs:
            # Each has a place from the start, should a command show it before the others.
            window.addDockWidget(spec.area, self._docks[spec.make.name])
            self._docks[spec.make.name].hide()

    @property
    def current(self) -> str:
        """Name of the workspace in force."""
        return self._current

    def reveal(self) -> None:
        """Show the docks of the workspace, if they are still hidden."""
        if self._is_revealed:
            return
        called_for = [dock for dock in self._docks.values() if not dock.isHidden()]
        self._is_revealed = True
        self._show(self._current)
        for dock in called_for:
            dock.show()
            dock.raise_()
        self.changed.emit(self._current)

    def switch(self, name: str) -> None:
        """Go to another workspace; the one in force keeps what the user made of it."""
        if self._is_revealed and name == self._current:
            return
        self.remember()
        self._was_reset = False
        self._filling.put_back()
        self._current = name
        self._is_revealed = True
        self._show(name)
        self._settings.set_value("layout/workspace", name)
        self.changed.emit(name)

    def reset(self) -> None:
        """Forget all layouts and show the first one of the workspace in force."""
        for name in WORKSPACES:
            self._settings.remove(_key(name))
        self._is_revealed = self._was_reset = True
        self._filling.put_back()
        self._fold_centre(is_folded=False)
        self._arrange(self._current)
        self._tidy()
        self.changed.emit(self._current)

    def remember(self) -> None:
        """Save the layout in force."""
        is_default = self._was_reset and self._resizer.isActive()  # not settled yet either
        if self._is_revealed and not is_default:
            self._settings.set_bytes(_key(self._current), self._filling.state())

    @property
    def filled(self) -> QDockWidget | None:
        """The panel that fills the window; None while all have their places."""
        return self._filling.dock

    def toggle_fill(self, dock: QDockWidget) -> None:
        """Let a panel take the room of all others, or give it back."""
        if self._filling.dock is dock:
            self._filling.put_back()
        else:
            self.reveal()
            self._filling.fill(dock)
        self._tidy()

    def show_dock(self, name: str) -> None:
        """Bring a dock to the front, in whatever workspace."""
        dock = self._docks.get(name)
        if dock is None:
            return
        self.reveal()
        if self._filling.dock not in {None, dock}:
            self._filling.put_back()
        if dock.isHidden() and self._window.dockWidgetArea(dock) == BOTTOM:
            self._lent.note(dock)
        dock.show()
        dock.raise_()
        least = _LEAST_WIDTHS.get(name, 0)
        if dock.width() < least and not dock.isFloating():
            self._window.resizeDocks([dock], [least], Qt.Orientation.Horizontal)
        is_low = self._window.dockWidgetArea(dock) == BOTTOM and dock.height() < LEAST_HEIGHT
        if is_low and not dock.isFloating() and name != "timeline":
            self._window.resizeDocks([dock], [LEAST_HEIGHT], Qt.Orientation.Vertical)
        if name in _OWN_ROW.get(self._current, ()):
            self._resizer.start()
        if name in _WIDE and self._current == EXPLORE and not dock.isFloating():
            whole = sum(head.width() for head in self._heads(BOTTOM, EXPLORE))
            wide = round(_WIDE_SHARE * whole)
            self._window.resizeDocks([dock], [wide], Qt.Orientation.Horizontal)

    def _show(self, name: str) -> None:
        self._set_corners(name)
        # Sizes are shared out with the centre in its place, also where it is hidden afterwards.
        self._fold_centre(is_folded=False)
        # Always from the defaults: a dock that is newer than the saved layout has its place too.
        self._arrange(name)
        state: QByteArray = self._settings.bytes(_key(name))
        if not state.isEmpty() and self._window.restoreState(state, LAYOUT_VERSION):
            self._resizer.stop()
        self._tidy()

    def _set_corners(self, name: str) -> None:
        """Give the lower corners to the side docks, or to the bottom ones where these need room."""
        self._window.setCorner(Qt.Corner.BottomLeftCorner, BOTTOM if name == EXPLORE else LEFT)
        self._window.setCorner(Qt.Corner.BottomRightCorner, RIGHT)

    def _arrange(self, name: str) -> None:
        self._lent.clear()
        self._set_corners(name)
        for dock in self._docks.values():
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
        for area in (LEFT, RIGHT, BOTTOM):
            self._fill(area, name)
        self._resize(name)
        # Qt shares out the room of docks that were hidden until now only at the next turn.
        self._resizer.start()

    def _centre(self) -> QWidget:
        centre = self._window.centralWidget()
        assert centre is not None
        return centre

    def _fill(self, area: Qt.DockWidgetArea, name: str) -> None:
        """Place the docks of one side; Qt wants splits before tabs, and hidden ones last."""
        specs = [spec for spec in self._specs if spec.area == area]
        shown = [spec for spec in specs if name in spec.workspaces]
        across = Qt.Orientation.Horizontal if area == BOTTOM else Qt.Orientation.Vertical
        heads: dict[int, QDockWidget] = {}
        before: QDockWidget | None = None
        for spec in sorted(shown, key=lambda s: _column(s, name)):
            if _column(spec, name) in heads:
                continue
            dock = heads[_column(spec, name)] = self._docks[spec.make.name]
            self._window.addDockWidget(area, dock)
            dock.show()
            if before is not None:
                self._window.splitDockWidget(before, dock, across)
            before = dock
        for spec in shown:
            dock, head = self._docks[spec.make.name], heads[_column(spec, name)]
            if dock is not head:
                self._window.tabifyDockWidget(head, dock)
                dock.show()
        for head in heads.values():
            head.raise_()
        for spec in specs:
            if spec.make.name in _OWN_ROW.get(name, ()):
                dock = self._docks[spec.make.name]
                self._window.addDockWidget(area, dock, Qt.Orientation.Vertical)
                dock.hide()
            elif spec not in shown:
                self._stow(
                    area, self._docks[spec.make.name], heads.get(_column(spec, name), before)
                )

    def _stow(
        self, area: Qt.DockWidgetArea, dock: QDockWidget, neighbour: QDockWidget | None
    ) -> None:
        """Hide a dock where it will appear as a tab when somebody opens it."""
        if neighbour is None:
            self._window.addDockWidget(area, dock)
        else:
            self._window.tabifyDockWidget(neighbour, dock)
        dock.hide()
        if neighbour is not None:
            neighbour.raise_()

    def _resize(self, name: str) -> None:
        width, height = self._window.width(), self._window.height()
        for area, share in _SHARES[name].items():
            shown = [s for s in self._specs if s.area == area and name in s.workspaces]
            if not shown:
                continue
            is_bottom = area == BOTTOM
            extent = round(share * (height if is_bottom else width))
            if is_bottom and name == EXPLORE:
                extent = self._lower_half(extent)
            across = Qt.Orientation.Vertical if is_bottom else Qt.Orientation.Horizontal
            self._window.resizeDocks([self._docks[shown[0].make.name]], [extent], across)
        heads = self._heads(BOTTOM, name)
        if len(heads) > 1:
            first = round(_FIRST_COLUMN * width)
            rest = (width - first) // (len(heads) - 1)
            widths = [first, *[rest] * (len(heads) - 1)]
            self._window.resizeDocks(heads, widths, Qt.Orientation.Horizontal)
        stacked = self._heads(RIGHT, name)
        if len(stacked) == len(_STACK):
            tall = [round(share * height) for share in _STACK]
            self._window.resizeDocks(stacked, tall, Qt.Orientation.Vertical)

    def _lower_half(self, wanted: int) -> int:
        """Return how tall the lower docks may be for the picture to keep half of the room."""
        docks = (dock for dock in self._docks.values() if dock.isVisible())
        below = [d for d in docks if self._window.dockWidgetArea(d) == BOTTOM]
        if not below:
            return wanted
        room = max(d.geometry().bottom() for d in below) - self._centre().geometry().top()
        own = [self._docks[name] for name in _OWN_ROW[EXPLORE]]
        rows = sum(dock.height() for dock in own if dock in below)
        return min(wanted, room // 2) - rows

    def _heads(self, area: Qt.DockWidgetArea, name: str) -> list[QDockWidget]:
        """Return the front dock of each column of a side."""
        found: dict[int, QDockWidget] = {}
        for spec in self._specs:
            if spec.area == area and name in spec.workspaces:
                found.setdefault(_column(spec, name), self._docks[spec.make.name])
        return [found[column] for column in sorted(found)]

    def _tidy_soon(self, _value: object = None) -> None:
        self._tidier.start()

    def _tidy(self) -> None:
        """Hide what the tabs already say, and the centre where a workspace does without it."""
        for dock in self._docks.values():
            has_tab = not dock.isFloating() and any(
                not other.isFloating() and other.isVisibleTo(self._window)
                for other in self._window.tabifiedDockWidgets(dock)
            )
            title, nothing = self._titles[dock]
            wanted: QWidget = nothing if has_tab else title
            if dock.titleBarWidget() is not wanted:
                dock.setTitleBarWidget(wanted)
                wanted.show()
                (title if has_tab else nothing).hide()
            title.set_filled(is_filled=self._filling.dock is dock)
        self._show_centre()
        if self._filling.dock is None:
            self._lent.give_back()
        tend_tabs(self._window, self._docks.values(), self.toggle_fill)
        self._tip_tabs()

    def _tip_tabs(self) -> None:
        """Let every tab tell which question its panel answers: there is no title bar then."""
        tips = {
            dock.windowTitle(): dock.tip for dock in self._docks.values() if isinstance(dock, Panel)
        }
        for bar in self._window.findChildren(QTabBar):
            for tab in range(bar.count()):
                if (tip := tips.get(bar.tabText(tab))) is not None:
                    bar.setTabToolTip(tab, f"{tip}\n{bar.toolTip()}".strip())

    def _show_centre(self) -> None:
        main = self._docks.get(_MAIN_DOCK.get(self._current, ""))
        fills = (
            self._is_revealed
            and main is not None
            and main.isVisibleTo(self._window)
            and not main.isFloating()
        )
        self._fold_centre(is_folded=fills or self._filling.dock is not None)

    def _fold_centre(self, *, is_folded: bool) -> None:
        # Not hidden: without a centre Qt gives the left side five more pixels at every change of
        # any label, until it has taken the width of the panel that shows the run.
        centre = self._centre()
        centre.setMaximumHeight(0 if is_folded else WIDGET_SIZE_MAX)
        centre.setEnabled(not is_folded)
        # The folded centre leaves the divider above the panel that takes its place.
        metric = QStyle.PixelMetric.PM_DockWidgetSeparatorExtent
        divider = self._window.style().pixelMetric(metric, None, self._window)
        for dock, (title, _nothing) in self._titles.items():
            is_beside = self._window.dockWidgetArea(dock) != BOTTOM
            title.set_lowered(divider if is_folded and is_beside else 0)


def _column(spec: DockSpec, name: str) -> int:
    """Return the column a dock has in a workspace."""
    return 0 if spec.make.name in _TOGETHER.get(name, ()) else spec.column


def _key(name: str) -> str:
    return f"layout/{name}/state"
