"""The first two minutes with a folder of photographs: clicks, seconds, what is on the screen.

Drives the real window and prints the table of docs/transcript.md; with ``--out`` it also saves a
picture of the window after each click.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tour_driver import Tour

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = (1280, 800)


class Minutes:
    """Counts clicks and seconds while it drives the window."""

    def __init__(self, tour: Tour) -> None:
        self.tour, self.clicks, self.rows = tour, 0, 0
        self.begin = time.monotonic()

    def told(self, does: str, seen: str) -> None:
        """Print one row: what was done, what is on the screen now."""
        self.rows += 1
        seconds = time.monotonic() - self.begin
        print(f"| {self.clicks} | {seconds:.0f} | {does} | {seen} |", flush=True)
        if self.tour.out.is_dir():
            name = f"{self.rows:02d}_{seconds:.0f}s.png"
            self.tour.window.grab().save(str(self.tour.out / name))

    def click(self, widget: Any) -> None:
        """Click a widget in its middle."""
        self.clicks += 1
        self.tour.click(widget)

    def wait(self, is_met: Callable[[], object], what: str, seconds: float = 300) -> None:
        """Let the program run until something is so."""
        self.tour.wait(is_met, seconds, what)


def look_at_the_folder(minutes: Minutes, folder: Path) -> None:
    """Choose the folder; read its summary."""
    tour = minutes.tour
    minutes.clicks += 2  # the button and the folder in the system's dialog, which is left out here
    tour.window.openers.open_data(str(folder))
    page = tour.dialog("open-data-dialog")
    minutes.wait(lambda: page.can_open and page.facts["Pictures"] != "…", "the summary")
    facts = page.facts
    minutes.told(
        "**Open images…**, the folder",
        f"Its summary: {facts['Pictures']}, {facts['Sizes']}; nine of them as the network sees it",
    )
    minutes.wait(lambda: page.proposal is not None, "the first look")
    rows = "; ".join(f"{name.lower()} {text}" for name, text in page.proposals.rows.items())
    minutes.told("", f"What they ask for: {rows}; a circle of that size on each example")
    minutes.click(next(b for b in page.findChildren(_button()) if b.text() == "Open and discover"))


def discover(minutes: Minutes) -> None:
    """See kinds come, then points on the picture."""
    bench = minutes.tour.bench
    minutes.wait(lambda: bench.document.picture is not None, "a picture")
    minutes.told("**Open and discover**", "The first picture, a list of all, the progress")
    minutes.wait(lambda: bench.discover.kinds, "the first kinds")
    minutes.tour.spin(500)
    count = len(bench.discover.kinds)
    minutes.told("", f"{count} cards of kinds with examples, from a few pictures, the best first")
    minutes.wait(lambda: bench.discover.is_open, "all kinds")
    minutes.wait(lambda: bench.document.detection is not None, "points")
    kept = sum(bench.discover.is_kept(kind) for kind in bench.discover.kinds)
    minutes.told(
        "", f"{kept} kinds are kept; {_points(bench)} on the picture, faces in the inspector"
    )


def steer(minutes: Minutes) -> None:
    """Name a kind, leave one out, look at another picture."""
    tour, bench = minutes.tour, minutes.tour.bench
    dock: Any = tour.window.docks["discover"]
    first, last = dock.cards.cards[0], dock.cards.cards[2]
    minutes.click(first.name)
    tour.type_text(first.name, "middle of the face")
    first.name.editingFinished.emit()
    tour.spin(300)
    minutes.told("Type over a card's number", "The name, in every panel and on the picture")
    minutes.click(last.keep)
    minutes.wait(lambda: bench.discover.can_undo and not bench.engine.is_busy, "the kind to go")
    minutes.wait(lambda: bench.document.detection is not None, "points")
    minutes.told("**Keep** off on a card", f"{_points(bench)}: that kind is gone everywhere")
    minutes.clicks += 1
    tour.do("go.next")
    minutes.wait(lambda: bench.document.index == 1 and bench.document.detection is not None, "it")
    minutes.told("Right arrow", f"The next picture with {_points(bench)} of the same kinds")


def train(minutes: Minutes) -> None:
    """Begin a training from what was found."""
    tour = minutes.tour
    dock: Any = tour.window.docks["discover"]
    minutes.click(dock.train_button)
    dialog = tour.dialog("training-dialog")
    tour.spin(500)
    minutes.told(
        "**Train from these…**", "Three questions, all answered: what, how long, from where"
    )
    # Until the pictures were looked through, the button takes no click.
    minutes.wait(dialog.start_button.isEnabled, "the pictures of the dialog")
    minutes.click(dialog.start_button)
    minutes.wait(lambda: tour.bench.training.state.name == "RUNNING", "the first step", 900)
    minutes.told("**Start training**", "The run: its first loss, then pictures beside redrawn ones")


def _points(bench: Any) -> str:
    detection = bench.document.detection
    count = int((detection.keypoints.scores >= bench.document.min_score).sum())
    return f"{count} point{'' if count == 1 else 's'}"


def _button() -> Any:
    from PySide6.QtWidgets import QPushButton

    return QPushButton


def main() -> None:
    """Drive the window and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of photographs")
    parser.add_argument("--out", type=Path, default=None, help="folder of pictures of the window")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="tusk-minutes-", ignore_cleanup_errors=True) as name:
        os.environ["TUSK_HOME"] = str(Path(name) / "home")
        out = arguments.out or Path(name) / "none"
        if arguments.out is not None:
            out.mkdir(parents=True, exist_ok=True)
        start = time.monotonic()
        tour = Tour(out, Path(name), 0, ("dark",), "", SIZE)
        minutes = Minutes(tour)
        minutes.begin = start
        tour.spin(100)
        print("| clicks | seconds | what is done | what is on the screen |\n|---|---|---|---|")
        minutes.told("Start the program", "The welcome page, while the engine loads behind it")
        look_at_the_folder(minutes, arguments.folder)
        discover(minutes)
        steer(minutes)
        train(minutes)
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
