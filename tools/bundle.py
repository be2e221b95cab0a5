"""Build the stand-alone program in dist/tusk, and test it as a stranger would.

    python tools/bundle.py [--test-only] [--quick]

Reports its size and start-up time, writes every licence text beside it, and runs its self-test
from another folder with an empty home.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "dist" / "tusk"
SUFFIX = ".exe" if os.name == "nt" else ""
# Their tables of internal names take 120 MB, which only a debugger reads.
STRIPPED = (
    "torch/lib/libtorch_cpu.so",
    "torch/lib/libtorch_python.so",
    "llvmlite/binding/libllvmlite.so",
)


def build() -> None:
    began = time.monotonic()
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(ROOT / "dist"), "--workpath", str(ROOT / "build")]
    subprocess.run([*command, str(ROOT / "build.spec")], cwd=ROOT, check=True)
    licences = [sys.executable, str(ROOT / "tools" / "licences.py"), str(PROGRAM / "licences")]
    subprocess.run(licences, cwd=ROOT, check=True)
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
    """Remove what only a debugger reads from the largest libraries."""
    if shutil.which("strip") is None:
        print("no `strip` here: the bundle stays 120 MB larger")
        return
    paths = [PROGRAM / "_internal" / name for name in STRIPPED]
    subprocess.run(["strip", "--strip-unneeded", *filter(Path.is_file, paths)], check=True)


def size_of(folder: Path) -> int:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return sum(path.stat().st_size for path in files)


def report_size() -> None:
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
    began = time.monotonic()
    command = [str(PROGRAM / f"tusk{SUFFIX}"), *arguments]
    done = subprocess.run(command, cwd=home, env=environment(home), check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: exit status {done.returncode}")
    return time.monotonic() - began


def test(*, quick: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="tusk bundle é ") as name:
        home = Path(name)
        first, again = timed("--version", home=home), timed("--version", home=home)
        print(f"start-up of the command line: first {first:.1f} s, again {again:.1f} s")
        timed("self-test", *(["--quick"] if quick else []), home=home)


def main() -> None:
    if "--test-only" not in sys.argv:
        build()
    report_size()
    test(quick="--quick" in sys.argv)


if __name__ == "__main__":
    main()
