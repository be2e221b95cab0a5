"""Run every check in the order of its price, and stop at the first that fails.

python tools/check.py [pytest arguments]     or     make test ARGS="-k keypoints"
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
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
    ("language", [sys.executable, "tools/check_language.py"]),
    ("length of files", [sys.executable, "tools/check_length.py"]),
    ("names for tests alone", [sys.executable, "tools/check_used.py"]),
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


def checked(name: str, command: list[str]) -> None:
    """Run one check; ends the program where it fails."""
    print(f"== {name}", flush=True)
    start = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment(), check=False)
    told(name, done.returncode, start)


def told(name: str, status: int, start: float) -> None:
    """Say how a check ended; ends the program where it failed."""
    seconds = time.monotonic() - start
    if status:
        print(f"== {name}: FAILED after {seconds:.0f} s", flush=True)
        raise SystemExit(status)
    print(f"== {name}: passed in {seconds:.0f} s", flush=True)


def tests_side_by_side() -> None:
    """Run the tests in two processes, one core each, that take about equally long."""
    print("== tests: window and guides here, all others beside them and shown after", flush=True)
    start = time.monotonic()
    pytest = [sys.executable, "-m", "pytest"]
    here_too = ["tests/app", "tests/end_to_end"]
    others = [*pytest, "tests", *(f"--ignore={folder}" for folder in here_too)]
    others += ["-o", "cache_dir=.pytest_cache/others"]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        beside = subprocess.Popen(
            others, cwd=ROOT, env=environment(), stdout=output, stderr=subprocess.STDOUT
        )
        here = subprocess.run([*pytest, *here_too], cwd=ROOT, env=environment(), check=False)
        status = beside.wait()
        output.seek(0)
        print(output.read(), flush=True)
    told("tests", here.returncode or status, start)


def main() -> None:
    """Run every check; ends with the status of the first that fails."""
    began = time.monotonic()
    for name, command in CHECKS:
        checked(name, command)
    if sys.argv[1:] or (os.cpu_count() or 1) < 2:
        checked("tests", [sys.executable, "-m", "pytest", *sys.argv[1:]])
    else:
        tests_side_by_side()
    print(f"== all checks passed in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
