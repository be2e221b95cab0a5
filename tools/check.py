"""Run every check in the order of its price, and stop at the first that fails.

python tools/check.py [pytest arguments]     or     make test ARGS="-k keypoints"
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sys.executable).parent

CHECKS: list[tuple[str, list[str]]] = [
    ("format", [sys.executable, "-m", "ruff", "format", "--check", "."]),
    ("lint", [sys.executable, "-m", "ruff", "check", "."]),
    ("types", [sys.executable, "-m", "mypy"]),
    ("import contracts", [str(SCRIPTS / "lint-imports"), "--no-cache"]),
    ("spelling", [sys.executable, "-m", "codespell_lib"]),
]


def environment() -> dict[str, str]:
    """Return the environment of the checks: no display, and threads that leave a core free."""
    threads = str(max(1, (os.cpu_count() or 2) // 2))
    defaults = {
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONUTF8": "1",
    }
    return {**defaults, **os.environ}


def main() -> None:
    tests = ("tests", [sys.executable, "-m", "pytest", *sys.argv[1:]])
    began = time.monotonic()
    for name, command in [*CHECKS, tests]:
        print(f"== {name}", flush=True)
        start = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=environment(), check=False)
        if done.returncode:
            print(f"== {name}: FAILED after {time.monotonic() - start:.0f} s", flush=True)
            raise SystemExit(done.returncode)
        print(f"== {name}: passed in {time.monotonic() - start:.0f} s", flush=True)
    print(f"== all checks passed in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
