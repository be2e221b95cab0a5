"""Drive the real window as a person would and write a picture of every screen.

    python tools/tour.py --out tour [--seconds 40] [--only NAME] [--theme light|dark]

Opens pictures through the dialogs, trains the quick sample, discovers and steers kinds in real
pictures, looks at pictures with a well-trained model, explores, evaluates, plays a video as a
camera, and opens every dialog, with synthetic mouse and keyboard input. Each stop is saved as
numbered PNGs, in the light and in the dark theme. Ends with status 1 if a stop could not be reached
or a text stands out by less than 4.5:1; the other screens are still made.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import tempfile
from pathlib import Path

from tour_driver import Tour
from tour_stops import STOPS

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SIZES = {"1280x800": (1280, 800), "1920x1080": (1920, 1080)}


def main() -> None:
    """Drive the window through the stops and leave with the verdict."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "tour", help="folder of the pictures")
    parser.add_argument("--seconds", type=float, default=40, help="training time")
    parser.add_argument("--only", choices=STOPS, action="append", help="visit these stops only")
    parser.add_argument(
        "--model", default="tetrominoes", help="model to explore with, well trained"
    )
    parser.add_argument("--theme", choices=("light", "dark"), help="one theme only")
    parser.add_argument("--size", choices=SIZES, default="1280x800", help="of the window")
    parser.add_argument("--scale", default="1", help="of everything, such as 2 for 200 %%")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = arguments.scale
    out = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tusk-tour-", ignore_cleanup_errors=True) as name:
        os.environ["TUSK_HOME"] = str(Path(name) / "home")
        themes = (arguments.theme,) if arguments.theme else ("light", "dark")
        size = SIZES[arguments.size]
        tour = Tour(out, Path(name), arguments.seconds, themes, arguments.model, size)
        for stop in arguments.only or STOPS:
            tour.stop(stop, functools.partial(STOPS[stop], tour))
        tour.window.closer.force()
        tour.spin(1000)
    print("\n".join(tour.faint))
    print(f"{tour.count} screens in {out}; failed: {', '.join(tour.failures) or 'none'}")
    print(f"{len(tour.faint)} texts below 4.5:1")
    sys.stdout.flush()
    os._exit(1 if tour.failures or tour.faint else 0)


if __name__ == "__main__":
    main()
