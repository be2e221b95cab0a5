"""Make the pictures of the window that README and the guides show, by driving the real window.

    python tools/window_pictures.py [--only NAME] [--out docs/pictures] [--seconds 150]

Everything is of the bundled models and of generated pictures. `training` trains the sample for
--seconds, so it wants a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from tour import ROOT, SIZES
from tour_driver import Tour

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

PIECES = "sample:tetrominoes?count=300&seed=7"
DIGITS = "sample:digits?count=300&seed=99"


class Pictures(Tour):
    """A tour whose pictures are few, and kept under their own names."""

    def save(self, name: str, widget: QWidget | None = None) -> None:
        """Write a picture of the window, or of one widget in it."""
        path = self.out / f"{name}.png"
        (widget or self.window).grab().save(str(path))
        print(path, flush=True)

    def open(self, model: str, pictures: str) -> None:
        """Open a bundled model with pictures and analyse all of them, in Explore."""
        document, before = self.bench.document, self.bench.document.source
        self.window.openers.close_all()
        self.bench.selection.clear("tour")
        self.window.open_model(model)
        self.wait(lambda: document.model is not None and document.model.name == model, 240, model)
        self.bench.sources.open_pictures(pictures)
        self.wait(lambda: document.source is not before, 240, "the pictures")
        self.wait(lambda: document.shown is not None, 240, "keypoints")
        self.window.layouts.switch("Explore")
        self.do("analyze.all")
        self.wait(lambda: document.analysis is not None, 900, "the analysis")
        self.wait(lambda: not self.bench.jobs.running, 240, "the jobs")
        self.spin(2500)

    def alone(self, module: str, width: int, height: int) -> QWidget:
        """Return a dock as a window of its own, of a given size."""
        self.window.layouts.show_dock(module)
        dock = self.window.docks[module]
        dock.setFloating(True)
        dock.resize(width, height)
        self.spin(1500)
        return dock

    def back(self, module: str) -> None:
        """Put a floating panel back into the window."""
        self.window.docks[module].setFloating(False)
        self.spin(300)

    def show_picture(self, number: int) -> None:
        """Go to a picture by its number, from 1."""
        document = self.bench.document
        document.go_to(number - 1)
        self.wait(lambda: document.index == number - 1, 20, "the picture")
        self.wait(lambda: document.shown is not None, 30, "its keypoints")
        self.spin(1200)


def window(pictures: Pictures) -> None:
    """README: one piece chosen, its layers, its prototype and its place on the map."""
    pictures.open("tetrominoes", PIECES)
    pictures.show_picture(3)
    pictures.window.layouts.show_dock("gallery")
    pictures.window.layouts.show_dock("reconstruction")
    pictures.bench.selection.select_keypoint(0, "tour")
    pictures.spin(2500)
    pictures.save("window")


def training(pictures: Pictures) -> None:
    """README: the sample while it learns, as after Model > Watch a sample learn."""
    monitor = pictures.bench.training
    monitor.start_sample()
    pictures.wait(lambda: monitor.state.name == "RUNNING", 120, "the first step")
    pictures.spin(int(pictures.seconds * 1000))
    pictures.save("training")
    pictures.do("model.stop")
    pictures.wait(lambda: not monitor.is_busy, 60, "the end of the run")


def merges(pictures: Pictures) -> None:
    """Three things, 1: suggested merges of the digits."""
    pictures.open("digits", DIGITS)
    save_merges(pictures, "things-merges", 560, 470)


def gallery(pictures: Pictures) -> None:
    """Three things, 1: a kind of upright strokes: fours, ones and nines, further down its list."""
    pictures.open("digits", DIGITS)
    dock: Any = pictures.alone("gallery", 760, 470)
    pictures.bench.selection.select_prototype(15, "tour")
    pictures.spin(2500)
    bar = dock.grid.verticalScrollBar()
    bar.setValue(int(bar.maximum() * 0.8))
    pictures.spin(2500)
    pictures.save("things-gallery", dock)
    pictures.back("gallery")


def islands(pictures: Pictures) -> None:
    """Three things, 2: six islands on the map of the tetrominoes."""
    pictures.open("tetrominoes", PIECES)
    pictures.save("things-map", pictures.alone("embedding", 640, 470))
    pictures.back("embedding")


def families(pictures: Pictures) -> None:
    """Three things, 2: families of shapes in every colour."""
    pictures.open("tetrominoes", PIECES)
    save_merges(pictures, "things-families", 640, 480)


def layers(pictures: Pictures) -> None:
    """Three things, 3: two pieces that touch share a layer."""
    pictures.open("tetrominoes", PIECES)
    pictures.show_picture(256)
    pictures.save("things-layers", pictures.alone("reconstruction", 700, 560))
    pictures.back("reconstruction")


def save_merges(pictures: Pictures, name: str, width: int, height: int) -> None:
    """Write a picture of the suggested merges."""
    pictures.do("analyze.merges")

    def opened() -> list[QWidget]:
        found = pictures.app.topLevelWidgets()
        return [one for one in found if one.isVisible() and one.objectName() == "suggest-merges"]

    pictures.wait(opened, 240, "the suggestion")
    (dialog,) = opened()
    dialog.resize(width, height)
    pictures.spin(1500)
    pictures.save(name, dialog)
    dialog.close()


PICTURES: dict[str, Callable[[Pictures], None]] = {
    one.__name__: one for one in (window, training, merges, gallery, islands, families, layers)
}


def main() -> None:
    """Write every picture of the guides."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PICTURES, action="append", help="make these only")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    parser.add_argument("--seconds", type=float, default=150, help="training time")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    out = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tusk-pictures-", ignore_cleanup_errors=True) as name:
        os.environ["TUSK_HOME"] = str(Path(name) / "home")
        pictures = Pictures(out, Path(name), arguments.seconds, ("light",), "", SIZES["1280x800"])
        for one in arguments.only or PICTURES:
            pictures.stop(one, functools.partial(PICTURES[one], pictures))
        pictures.window.closer.force()
        pictures.spin(1000)
    sys.stdout.flush()
    os._exit(1 if pictures.failures else 0)


if __name__ == "__main__":
    main()
