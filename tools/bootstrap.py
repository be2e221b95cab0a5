"""Prepare .venv: system libraries, pinned packages, this checkout. Standard library only.

Run by ``make`` through tools/setup, or by hand: ``python tools/bootstrap.py``. Idempotent: two
stamps in .venv say what is installed, so a second run takes a moment.

TUSK_TORCH=cpu  take PyTorch's CPU-only build (Linux, a tenth of the download).
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements" / "lock.txt"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CPU_INDEX = "https://download.pytorch.org/whl/cpu"

# Library that Qt loads -> Debian package that holds it.
QT_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def stop(text: str) -> None:
    """Print why it cannot continue and end with status 2."""
    print(text, file=sys.stderr, flush=True)
    raise SystemExit(2)


def is_missing(library: str) -> bool:
    """Return whether a shared library cannot be loaded here."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return True
    return False


def missing_packages() -> list[str]:
    """Return the Debian packages this machine lacks: for venv, for Qt, for an X display."""
    packages = []
    try:
        import ensurepip  # noqa: F401 - Debian cuts it out of python3
    except ImportError:
        packages.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    if not sys.platform.startswith("linux"):
        return packages
    wanted = dict(QT_LIBRARIES)
    if os.environ.get("DISPLAY"):
        wanted |= X11_LIBRARIES
    return packages + [package for library, package in wanted.items() if is_missing(library)]


def install_system_packages(packages: list[str]) -> None:
    """Install through apt when root; otherwise say the line to type."""
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if shutil.which("apt-get") is None:
        say("Missing system libraries; their Debian names are: " + " ".join(packages))
        say("Install what your system calls them if the window does not open.")
        return
    if os.geteuid() != 0:
        stop(
            "Some system libraries are missing. Type this, then try again:\n"
            "  sudo apt-get update && sudo " + " ".join(install)
        )
    say("Installing system libraries: " + " ".join(packages))
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], [*install, "-qq"]):
        done = subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
        if done.returncode:
            stop(f"`{' '.join(command)}` failed; its message is above. Mend it and try again.")


def digest(*parts: str) -> str:
    """Return a hash of some texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def wanted_stamps() -> dict[str, str]:
    """Return what .venv must be made of: the locked packages, and this project's metadata."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    metadata = {"project": project["project"], "build": project["tool"].get("hatch")}
    return {
        "packages": digest(LOCK.read_text(encoding="utf-8"), sys.version, str(ROOT)),
        "project": digest(json.dumps(metadata, sort_keys=True), str(ROOT)),
    }


def has_stamp(kind: str, value: str) -> bool:
    """Return whether .venv was last made from what ``value`` stands for."""
    path = VENV / f"tusk-{kind}.stamp"
    return path.is_file() and path.read_text(encoding="utf-8") == value


def write_stamp(kind: str, value: str) -> None:
    """Remember what .venv was made from."""
    (VENV / f"tusk-{kind}.stamp").write_text(value, encoding="utf-8")


def make_environment() -> None:
    """Create .venv anew unless the one there runs."""
    if PYTHON.is_file():
        answer = subprocess.run([PYTHON, "-c", "import pip"], check=False, capture_output=True)
        if answer.returncode == 0:
            return
    say(f"Making {VENV.name} with Python {sys.version.split()[0]}")
    if VENV.exists():
        shutil.rmtree(VENV)
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
    if done.returncode:
        stop(f"Python could not make {VENV}; its message is above.")


def pip(*arguments: str) -> None:
    """Run pip of .venv; ends the program where it fails."""
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        stop("pip failed; its message is above. Check the network and the disk, then try again.")


def install_packages() -> None:
    """Install the locked packages."""
    count = sum("==" in line for line in LOCK.read_text(encoding="utf-8").splitlines())
    say(f"Installing {count} pinned packages into {VENV.name}; the first time takes minutes.")
    index = ["--extra-index-url", CPU_INDEX] if os.environ.get("TUSK_TORCH") == "cpu" else []
    # Not compiling ahead saves a minute; Python compiles what it imports on first use.
    pip("install", "--quiet", "--no-compile", *index, "--requirement", str(LOCK))


def install_project() -> None:
    """Install this checkout, editable, without its dependencies."""
    pip("install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    for path in VENV.rglob("*tusk_studio*.pth"):
        # Python 3.11 reads this file in the locale's encoding and fails on é where that is ASCII.
        path.write_text(f"import sys; sys.path.append({str(ROOT)!a})\n", encoding="ascii")


def main() -> None:
    """Make .venv what it must be."""
    began = time.monotonic()
    packages = missing_packages()
    if packages:
        install_system_packages(packages)
    stamps = wanted_stamps()
    done = {"packages": has_stamp("packages", stamps["packages"])}
    done["project"] = done["packages"] and has_stamp("project", stamps["project"])
    if all(done.values()) and PYTHON.is_file():
        return
    make_environment()
    for kind, install in (("packages", install_packages), ("project", install_project)):
        if not done[kind]:
            install()
            write_stamp(kind, stamps[kind])
    say(f"Ready after {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
