"""Where the stand-alone program begins."""

import multiprocessing
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    # The process that lays out maps is started from this very file.
    multiprocessing.freeze_support()
    # A windowed program has no standard streams; libraries that print would fail.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - for good
    from tusk_app.__main__ import console

    sys.exit(console())
