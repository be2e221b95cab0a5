"""Checks what Qt needs from the system before Qt can abort the process for the lack of it."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Libraries of Qt's X11 plugin that small installations lack, and Debian's packages for them.
XCB_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
BASE_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
HEADLESS_PLATFORMS = frozenset({"offscreen", "minimal", "vnc", "linuxfb", "eglfs"})


def _can_load(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def display_problem(
    environment: Mapping[str, str] | None = None,
    can_load: Callable[[str], bool] = _can_load,
    platform: str = sys.platform,
) -> str | None:
    """Return why no window can be opened and what to do; None if one can.

    Args:
        environment: variables of the process; None takes the real ones.
        can_load: tells whether a shared library is there.
        platform: ``sys.platform``.
    """
    if not platform.startswith("linux"):
        return None
    variables = os.environ if environment is None else environment
    wanted = variables.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if wanted in HEADLESS_PLATFORMS:
        return None
    has_wayland = bool(variables.get("WAYLAND_DISPLAY"))
    if not has_wayland and not variables.get("DISPLAY"):
        return (
            "There is no display, so no window can be opened. Work on a desktop, connect with "
            "`ssh -X`, start it under `xvfb-run`, or use the commands that need no window "
            "(`tusk --help`)."
        )
    if has_wayland and wanted in {"", "wayland"}:
        return None
    missing = [package for name, package in XCB_LIBRARIES.items() if not can_load(name)]
    if missing:
        return library_advice_for(missing)
    return None


def is_system_library(problem: ImportError) -> bool:
    """Tell whether an import failed for a missing library of the system."""
    return "cannot open shared object file" in str(problem)


def library_advice(message: str) -> str:
    """Return what to install for the library named in an import error."""
    found = re.search(r"(lib[\w.+-]+\.so[\w.]*)", message)
    name = found.group(1) if found else ""
    package = {**BASE_LIBRARIES, **XCB_LIBRARIES}.get(name)
    if package is None:
        return f"A library of the system is missing: {message}. Install the package that has it."
    return library_advice_for(sorted({*BASE_LIBRARIES.values(), package}))


def library_advice_for(packages: list[str]) -> str:
    """Return the line that installs Debian and Ubuntu packages."""
    return (
        "Libraries that the window needs are missing. On Debian or Ubuntu install them with\n"
        f"    sudo apt-get install -y --no-install-recommends {' '.join(dict.fromkeys(packages))}"
    )
