"""Write requirements/lock.txt: every package of the development environment, pinned.

    python tools/make_lock.py [--keep]

pip resolves the project with all its extras into an empty environment and installs nothing.
``--keep`` holds on to the versions of the present lock file where they still fit, so that only
what is new or must move changes.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "lock.txt"
EXTRAS = "pose,heif,onnx,parquet,tensorboard,dev"
# The last release with builds for every supported platform that the tests ran with.
PINS = ["torch==2.13.0"]

HEADER = """\
# The development environment, pinned. Made by tools/make_lock.py; do not edit by hand.
# Resolved with Python {python} on {system}. tools/setup installs it.
"""


def resolve(constraints: Path) -> list[tuple[str, str]]:
    """Return (name, version) of everything pip would install, sorted by name."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"),
            *("--report", str(report), "--constraint", str(constraints)),
            f"{ROOT}[{EXTRAS}]",
        ]
        subprocess.run(command, check=True)
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    packages = []
    for item in found:
        name, version = item["metadata"]["name"], item["metadata"]["version"]
        if name != "tusk-studio":
            # "2.13.0+cpu" names one build of 2.13.0; the lock admits the others as well.
            packages.append((name, version.partition("+")[0]))
    return sorted(packages, key=lambda package: re.sub(r"[-_.]+", "-", package[0]).lower())


def main() -> None:
    """Resolve and write the lock file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="keep present versions where they fit")
    arguments = parser.parse_args()
    lines = list(PINS)
    if arguments.keep and LOCK.is_file():
        old = LOCK.read_text(encoding="utf-8").splitlines()
        lines += [line for line in old if "==" in line and not line.startswith("torch==")]
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text("\n".join(lines), encoding="utf-8")
        packages = resolve(constraints)
    header = HEADER.format(python=platform.python_version(), system=platform.system())
    body = "".join(f"{name}=={version}\n" for name, version in packages)
    LOCK.parent.mkdir(exist_ok=True)
    LOCK.write_text(header + body, encoding="utf-8", newline="\n")
    print(f"{LOCK.relative_to(ROOT)}: {len(packages)} packages")


if __name__ == "__main__":
    main()
