"""Whose work the program builds on, and under which licences.

    python tools/licences.py            write resources/licences anew
    python tools/licences.py FOLDER     write every licence text of what is installed to FOLDER

Reads the metadata of the installed packages that the program needs (not those of development).
Ends with status 1 where a licence is unknown or would bind the whole program.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "resources" / "licences"
COMMON = Path("/usr/share/common-licenses")

# What packages say, in one spelling. Licences that are not here need a look before they ship.
SPELLINGS = {
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
}
ACCEPTED = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "MIT"),
    *("MIT-CMU", "MPL-2.0", "PSF-2.0", "Zlib", "LGPL-3.0-only", "LLVM-exception"),
}
# Metadata that names no licence in a form a program can read.
KNOWN = {"scipy": "BSD-3-Clause", "opentsne": "BSD-3-Clause", "umap-learn": "BSD-3-Clause"}
# What PyTorch's CUDA build adds: NVIDIA's libraries, under NVIDIA's terms. pip fetches them from
# where NVIDIA publishes them; nothing that we hand out contains them.
CUDA_PARTS = re.compile(r"(nvidia|cuda)-|triton$")
LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice|authors)[^/]*$", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """One installed package the program needs."""

    name: str
    version: str
    licence: str
    page: str


def normal(name: str) -> str:
    """Return a package's name as the index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement_names(lines: list[str]) -> list[str]:
    """Return the names of requirements that do not hang on an extra."""
    kept = [line for line in lines if "extra ==" not in line]
    found = [re.match(r"[A-Za-z0-9_.-]+", line.strip()) for line in kept]
    return [name.group() for name in found if name is not None]


def installed_parts() -> list[Part]:
    """Return everything the program needs and this environment holds, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting, seen, parts = requirement_names(project["dependencies"]), set(), []
    while waiting:
        name = normal(waiting.pop())
        if name in seen or CUDA_PARTS.match(name):
            continue
        seen.add(name)
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another system
        parts.append(Part(name, found.version.partition("+")[0], licence_of(found), page_of(found)))
        waiting += requirement_names(found.requires or [])
    return sorted(parts, key=lambda part: part.name)


def licence_of(found: metadata.Distribution) -> str:
    """Return the licence that a package declares, in short."""
    fields = found.metadata
    if normal(fields["Name"]) in KNOWN:
        return KNOWN[normal(fields["Name"])]
    classes = [line for line in fields.get_all("Classifier") or [] if line.startswith("License")]
    candidates = [
        value for name in ("License-Expression", "License") for value in _field(found, name)
    ]
    candidates += [line.rpartition("::")[2].strip() for line in classes]
    for text in candidates:
        if text and "\n" not in text.strip() and len(text) < 160:
            return str(SPELLINGS.get(text.strip(), text.strip()))
    return "unknown"


def _field(found: metadata.Distribution, name: str) -> list[str]:
    """Return what a package says under a name; empty if nothing."""
    return [str(value) for value in found.metadata.get_all(name) or []]


def page_of(found: metadata.Distribution) -> str:
    """Return the home page that a package declares; empty if none."""
    urls = dict(
        line.split(", ", 1) for line in found.metadata.get_all("Project-URL") or [] if ", " in line
    )
    for key in (
        "Homepage",
        "homepage",
        "Home",
        "Source",
        "Source code",
        "Repository",
        "repository",
    ):
        if key in urls:
            return str(urls[key])
    home = _field(found, "Home-page")
    return home[0] if home and home[0] else f"https://pypi.org/project/{found.metadata['Name']}"


def refused(part: Part) -> bool:
    """Tell whether no reading of the licence is one that may ship with this program."""
    choices = re.split(r"\s+OR\s+", part.licence.strip("()"))
    return not any(
        all(word in ACCEPTED for word in re.split(r"\s+(?:AND|WITH)\s+", choice.strip("()")))
        for choice in choices
    )


def texts_of(name: str, *, all_files: bool) -> list[tuple[str, str]]:
    """Return (file name, text) of a package's licence files.

    Args:
        name: of the package.
        all_files: also those of what the package itself bundles.
    """
    found = []
    for file in metadata.distribution(name).files or []:
        path = str(file)
        own = "third_party" not in path and "_vendor" not in path
        if ".dist-info" in path and LICENCE_FILE.search(path) and (own or all_files):
            text = Path(file.locate()).read_text(encoding="utf-8", errors="replace")
            found.append((path.partition(".dist-info/")[2], text))
    return found


def table(parts: list[Part]) -> str:
    """Return the parts as a table in plain text."""
    rows = [f"{part.name:<24} {part.version:<14} {part.licence}" for part in parts]
    return "\n".join(rows)


INTRODUCTION = """\
TUSK Studio is free software under the Apache License 2.0. It builds on the packages below; the
stand-alone program contains them. Their licence texts follow in notices.txt, where a package
brings one.

The stand-alone program is built with PyTorch for processors. PyTorch for NVIDIA GPUs also needs
CUDA libraries, which pip installs under NVIDIA's own terms.

Qt for Python (PySide6, shiboken6) and Qt are used under the GNU Lesser General Public License 3
(LGPL-3.0.txt, which extends GPL-3.0.txt). They are separate files that you may replace by your
own builds, and you may examine the program to do so. Their source is at
https://download.qt.io/official_releases/QtForPython/ and https://download.qt.io/.

The stand-alone program also contains Python (PSF-2.0), the starter of PyInstaller (GPL-2.0 with an
exception: what it starts may have any licence) and libraries of the system it was built on, such as
GLib, libgcrypt and libsystemd (LGPL-2.1, separate files likewise). Their licences are in its folder
`licences`, with every licence text of every package.

OpenCV contains FFmpeg under the GNU Lesser General Public License 2.1; source: https://ffmpeg.org.

The VGG16 weights in resources/vgg16 are by the Visual Geometry Group, University of Oxford, under
the Creative Commons Attribution licence. The EfficientNet-Lite0 weights in
resources/efficientnet-lite0 are by Google LLC, under the Apache License 2.0. The digits in
resources/samples are by E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, under Creative
Commons Attribution 4.0. The blood smears there are from the BCCD data set (MIT), the flies from the
test data of dreem (BSD 3-Clause); resources/samples/LICENCES.txt has their texts.

"""


def write_resources(parts: list[Part]) -> None:
    """Write what the about box and the reference show."""
    TARGET.mkdir(parents=True, exist_ok=True)
    text = INTRODUCTION + table(parts) + "\n"
    (TARGET / "THIRD_PARTY.txt").write_text(text, encoding="utf-8", newline="\n")
    rows = json.dumps([asdict(part) for part in parts], indent=1) + "\n"
    (TARGET / "parts.json").write_text(rows, encoding="utf-8", newline="\n")
    for name, source in (("LGPL-3.0.txt", "LGPL-3"), ("GPL-3.0.txt", "GPL-3")):
        if (COMMON / source).is_file():
            (TARGET / name).write_bytes((COMMON / source).read_bytes())
    pieces = []
    for part in parts:
        for file, content in texts_of(part.name, all_files=False):
            title = f"{part.name} {part.version}: {file}"
            pieces.append(f"{'=' * 78}\n{title}\n{'=' * 78}\n\n{content.strip()}\n")
    joined = "\n".join(line.rstrip() for line in "\n".join(pieces).splitlines()) + "\n"
    (TARGET / "notices.txt").write_text(joined, encoding="utf-8", newline="\n")


def write_all_texts(parts: list[Part], folder: Path) -> None:
    """Write every licence file of every part, as the packages bring them."""
    for part in parts:
        for file, content in texts_of(part.name, all_files=True):
            path = folder / part.name / file.replace("/", "__")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")


def main() -> None:
    """Collect licences; ends with 1 if one of them must not be shipped."""
    parts = installed_parts()
    problems = [part for part in parts if refused(part)]
    for part in problems:
        print(f"{part.name} {part.version}: licence {part.licence!r} needs a look", file=sys.stderr)
    if len(sys.argv) > 1:
        write_all_texts(parts, Path(sys.argv[1]))
    else:
        write_resources(parts)
    print(f"{len(parts)} packages, {len(problems)} to look at")
    raise SystemExit(1 if problems else 0)


if __name__ == "__main__":
    main()
