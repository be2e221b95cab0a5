"""Build the stand-alone program in dist/tusk, and test it as a stranger would.

    python tools/bundle.py [--test-only] [--quick]

Reports its size and start-up time, writes every licence text beside it, and runs its self-test
from another folder with an empty home.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "dist" / "tusk"
SUFFIX = ".exe" if os.name == "nt" else ""
# Under the GPL.
BINDING = re.compile(r"(lib|_)?(readline|gdbm|x264|x265)\b.*\.(so|dylib|dll|pyd)", re.IGNORECASE)
# Libraries in these folders were moved by their own packagers; changing them again can break them.
NOT_STRIPPED = re.compile(r"PySide6|shiboken6|.*\.libs")


def build() -> None:
    """Build the stand-alone program with PyInstaller."""
    began = time.monotonic()
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(ROOT / "dist"), "--workpath", str(ROOT / "build")]
    subprocess.run([*command, str(ROOT / "build.spec")], cwd=ROOT, check=True)
    licences = [sys.executable, str(ROOT / "tools" / "licences.py"), str(PROGRAM / "licences")]
    subprocess.run(licences, cwd=ROOT, check=True)
    shutil.copytree(ROOT / "resources" / "licences", PROGRAM / "licences", dirs_exist_ok=True)
    write_system_licences(PROGRAM / "licences")
    for name in ("LICENSE", "NOTICE"):
        (PROGRAM / name).write_bytes((ROOT / name).read_bytes())
    if os.name != "nt":
        (PROGRAM / "tusk-studio").unlink(missing_ok=True)
        (PROGRAM / "tusk-studio").symlink_to("tusk")
    if sys.platform.startswith("linux"):
        strip()
        desktop = "tusk-studio.desktop"
        (PROGRAM / desktop).write_bytes((ROOT / "packaging" / desktop).read_bytes())
        # Named as the desktop file's Icon= line says.
        drawing = ROOT / "resources" / "icons" / "tusk.svg"
        (PROGRAM / "tusk-studio.svg").write_bytes(drawing.read_bytes())
    print(f"built in {time.monotonic() - began:.0f} s")


def strip() -> None:
    """Remove from libraries the tables of internal names, which only a debugger reads."""
    if shutil.which("strip") is None:
        print("no `strip` here: the bundle stays 160 MB larger")
        return
    inside = PROGRAM / "_internal"
    paths = [
        path
        for path in (*inside.rglob("*.so"), *inside.rglob("*.so.*"))
        if not path.is_symlink() and not NOT_STRIPPED.match(path.relative_to(inside).parts[0])
    ]
    subprocess.run(["strip", "--strip-unneeded", *paths], check=True)


def write_system_licences(folder: Path) -> None:
    """Copy the licences of Python, of PyInstaller's starter and of the system's libraries."""
    python = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    starter = metadata.distribution("pyinstaller")
    texts = {
        "pyinstaller": [file.locate() for file in starter.files or [] if "COPYING" in file.name]
    }
    texts["python"] = [python] if python.is_file() else []
    for package in sorted(set(map(debian_package, system_libraries()))):
        copyright_file = Path("/usr/share/doc") / package / "copyright"
        texts[f"system/{package}"] = [copyright_file] if package else []
    for name, files in texts.items():
        for file in filter(Path.is_file, map(Path, files)):
            (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / name / file.name).write_bytes(file.read_bytes())


def system_libraries() -> list[str]:
    """Return the names of the libraries that were taken from the system."""
    loose = (PROGRAM / "_internal").glob("*.so*")
    return [path.name for path in loose if not path.is_symlink()]


def debian_package(library: str) -> str:
    """Return the Debian package that a library is of; empty where that is not known."""
    if shutil.which("dpkg") is None:
        return ""
    found = subprocess.run(
        ["dpkg", "--search", f"*/{library}"], capture_output=True, text=True, check=False
    )
    return found.stdout.partition(":")[0]


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return sum(path.stat().st_size for path in files)


def check_contents() -> None:
    """Refuse a bundle with links to nothing, or with what would bind the whole program."""
    for path in PROGRAM.rglob("*"):
        if path.is_symlink() and not path.exists():
            raise SystemExit(f"{path} leads nowhere")
        if BINDING.match(path.name):
            raise SystemExit(f"{path} is under the GPL; leave it out in build.spec")


def report_size() -> None:
    """Print what the program weighs, by its largest parts."""
    inside = PROGRAM / "_internal"
    parts = {path.name: size_of(path) for path in inside.iterdir() if path.is_dir()}
    loose = [path for path in inside.iterdir() if path.is_file() and not path.is_symlink()]
    parts |= {path.name: path.stat().st_size for path in loose}
    parts["the program itself"] = (PROGRAM / f"tusk{SUFFIX}").stat().st_size
    largest = sorted(parts.items(), key=lambda item: -item[1])[:8]
    print(f"size {size_of(PROGRAM) / 1e6:.0f} MB; largest parts:")
    for name, size in largest:
        print(f"  {size / 1e6:6.0f} MB  {name}")


def environment(home: Path) -> dict[str, str]:
    """Return the environment of someone who never saw this checkout."""
    kept = {key: os.environ[key] for key in ("SYSTEMROOT", "LANG") if key in os.environ}
    return {
        **kept,
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "USERPROFILE": str(home),
        "QT_QPA_PLATFORM": "offscreen",
        "OMP_NUM_THREADS": "1",
    }


def timed(*arguments: str, home: Path) -> float:
    """Run the built program; returns the seconds it took."""
    began = time.monotonic()
    command = [str(PROGRAM / f"tusk{SUFFIX}"), *arguments]
    done = subprocess.run(command, cwd=home, env=environment(home), check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: exit status {done.returncode}")
    return time.monotonic() - began


def test(*, quick: bool) -> None:
    """Let the built program test itself."""
    with tempfile.TemporaryDirectory(prefix="tusk bundle é ") as name:
        home = Path(name)
        first, again = timed("--version", home=home), timed("--version", home=home)
        print(f"start-up of the command line: first {first:.1f} s, again {again:.1f} s")
        timed("self-test", *(["--quick"] if quick else []), home=home)


def main() -> None:
    """Build, check and measure the stand-alone program."""
    if "--test-only" not in sys.argv:
        build()
    check_contents()
    report_size()
    test(quick="--quick" in sys.argv)


if __name__ == "__main__":
    main()
