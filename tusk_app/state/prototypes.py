"""Names, colours, merges and hiding of prototypes: a mapping beside the model, never in it."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QIODevice, QObject, QSaveFile, Signal

from tusk_app.parts import palette
from tusk_app.parts.words import unnamed

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

log = logging.getLogger(__name__)

FILE_NAME = "prototypes.json"
SCHEMA = 1


class PrototypeBook(QObject):
    """What the user calls each prototype and how it is shown. The model's files stay as they are.

    A merged prototype takes name, colour and symbol of its target.

    Signals:
        changed: any name, colour, merge or visibility changed, or another model was opened.
        not_kept: what changed could not be written; it lasts as long as the program runs.
    """

    changed = Signal()
    not_kept = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._num = 0
        self._path: Path | None = None
        self._names: dict[int, str] = {}
        self._own_colours: dict[int, tuple[int, int, int]] = {}
        self._hidden: set[int] = set()
        self._merged: dict[int, int] = {}

    def reset(self, num: int, path: Path | None = None) -> None:
        """Begin with ``num`` prototypes.

        Args:
            num: M.
            path: the model's folder (the mapping is ``prototypes.json`` in it) or the mapping
                file itself; None keeps the mapping in memory only.
        """
        if path is not None and path.suffix != ".json":
            path = path / FILE_NAME
        self._num, self._path = num, path
        self._names, self._own_colours, self._hidden, self._merged = {}, {}, set(), {}
        if path is not None and path.is_file():
            self._load(path)
        self.changed.emit()

    def save_in(self, path: Path) -> bool:
        """Keep the mapping in a file of the user's choice from now on; False if that fails."""
        self._path = path
        return self._save(path)

    @property
    def path(self) -> Path | None:
        """The file that the mapping is kept in; None while it is in memory only."""
        return self._path

    @property
    def num(self) -> int:
        """M, the number of prototypes."""
        return self._num

    @property
    def is_kept(self) -> bool:
        """True while names are written to a file; else they last as long as the program."""
        return self._path is not None

    def target(self, index: int) -> int:
        """Return the prototype that ``index`` was merged into, or ``index``."""
        return self._merged.get(index, index)

    def name(self, index: int) -> str:
        """Return the name for people; ``#7`` until it gets one."""
        shown = self.target(index)
        return self._names.get(shown, unnamed(shown))

    def own_name(self, index: int) -> str:
        """Return the name it has, or would have, when it is merged into none."""
        return self._names.get(index, unnamed(index))

    def has_own_name(self, index: int) -> bool:
        """True if the user named it."""
        return self.target(index) in self._names

    def colour(self, index: int) -> tuple[int, int, int]:
        """Return its sRGB colour, each part 0 to 255."""
        shown = self.target(index)
        return self._own_colours.get(shown, palette.colour(shown))

    def colours(self) -> NDArray[np.uint8]:
        """Return the colours of all prototypes, (M, 3) uint8 sRGB."""
        table = palette.colours(self._num)
        for index, value in self._own_colours.items():
            table[index] = value
        targets = np.arange(self._num)
        for index, target in self._merged.items():
            targets[index] = target
        return table[targets]

    def symbol(self, index: int) -> str:
        """Return pyqtgraph's name of its symbol."""
        return palette.symbol(self.target(index))

    def is_hidden(self, index: int) -> bool:
        """True if it is hidden everywhere."""
        return self.target(index) in self._hidden

    def hidden(self) -> NDArray[np.bool_]:
        """Return which prototypes are hidden, (M,) bool."""
        return np.array([self.is_hidden(i) for i in range(self._num)], np.bool_)

    def names(self) -> dict[int, str]:
        """Return the names the user gave, by index."""
        return dict(self._names)

    def merges(self) -> dict[int, int]:
        """Return what was merged: index -> target."""
        return dict(self._merged)

    def rename(self, index: int, name: str) -> None:
        """Give it a name; an empty one takes the name away."""
        shown, name = self.target(index), name.strip()
        if name and name != unnamed(shown):
            self._names[shown] = name
        else:
            self._names.pop(shown, None)
        self._commit()

    def recolour(self, index: int, colour: tuple[int, int, int] | None) -> None:
        """Give it a colour (sRGB, each part 0 to 255); None goes back to its own."""
        shown = self.target(index)
        if colour is None:
            self._own_colours.pop(shown, None)
        else:
            self._own_colours[shown] = colour
        self._commit()

    def set_hidden(self, index: int, hidden: bool = True) -> None:  # noqa: FBT002
        """Hide it everywhere, or show it again."""
        if hidden:
            self._hidden.add(self.target(index))
        else:
            self._hidden.discard(self.target(index))
        self._commit()

    def show_all(self) -> None:
        """Hide none."""
        self._hidden.clear()
        self._commit()

    def merge(self, index: int, into: int) -> None:
        """Show ``index``, and all that were merged into it, as prototype ``into``."""
        into = self.target(into)
        if into == index or not (0 <= index < self._num and 0 <= into < self._num):
            return
        for other, target in list(self._merged.items()):
            if target == index:
                self._merged[other] = into
        self._merged[index] = into
        self._commit()

    def unmerge(self, index: int) -> None:
        """Show ``index`` as itself again."""
        self._merged.pop(index, None)
        self._commit()

    def set_merges(self, merged: dict[int, int]) -> None:
        """Merge so and not otherwise: index -> target; one change for all of them."""
        self._merged = _one_step({i: t for i, t in merged.items() if i != t}, self._num)
        self._commit()

    def _commit(self) -> None:
        if self._path is not None and not self._save(self._path):
            self.not_kept.emit()
        self.changed.emit()

    def _load(self, path: Path) -> None:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            self._take(content)
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as problem:
            log.warning(
                "The prototype names in %s cannot be read and are ignored: %s", path, problem
            )

    def _take(self, content: dict[str, Any]) -> None:
        def inside(index: int) -> bool:
            return 0 <= index < self._num

        self._names = {int(i): str(n) for i, n in content["names"].items() if inside(int(i))}
        for key, value in content["colours"].items():
            red, green, blue = (min(255, max(0, int(part))) for part in value)
            if inside(int(key)):
                self._own_colours[int(key)] = (red, green, blue)
        self._hidden = {int(i) for i in content["hidden"] if inside(int(i))}
        merged = {int(i): int(t) for i, t in content["merged"].items()}
        self._merged = _one_step(merged, self._num)

    def _save(self, path: Path) -> bool:
        content = {
            "schema": SCHEMA,
            "names": self._names,
            "colours": self._own_colours,
            "hidden": sorted(self._hidden),
            "merged": self._merged,
        }
        file = QSaveFile(str(path))
        if not file.open(QIODevice.OpenModeFlag.WriteOnly):
            log.warning("The prototype names cannot be saved in %s: %s", path, file.errorString())
            return False
        file.write(json.dumps(content, indent=1, ensure_ascii=False).encode("utf-8"))
        done = file.commit()
        if not done:
            log.warning("The prototype names cannot be saved in %s: %s", path, file.errorString())
        return done


def _one_step(merged: dict[int, int], num: int) -> dict[int, int]:
    """Return what leads in one step to one of ``num`` prototypes that is not merged itself.

    A chain or a circle cannot come from the program; a file edited by hand may hold one.
    """
    inside = range(num)
    return {
        i: t
        for i, t in merged.items()
        if i in inside and t in inside and i != t and t not in merged
    }
