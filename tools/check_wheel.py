"""Build the wheel, install it into an empty environment, and use it outside the checkout.

python tools/check_wheel.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "lock.txt"
SAMPLE = "sample:tetrominoes?count=64"


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a command that must succeed; print it and return what it wrote."""
    words = [str(word) for word in command]
    print("$ " + " ".join(Path(words[0]).name if i == 0 else w for i, w in enumerate(words)))
    done = subprocess.run(
        words, cwd=cwd, env=env, check=False, text=True, encoding="utf-8", capture_output=True
    )
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-4000:], sep="\n")
        raise SystemExit(f"exit status {done.returncode}")
    return done.stdout


def build_wheel(folder: Path) -> Path:
    """Build the wheel into a folder; returns its path."""
    run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", folder, "."),
        cwd=ROOT,
    )
    (wheel,) = folder.glob("tusk_studio-*.whl")
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """Install the wheel and its dependencies, nothing else; return the scripts' folder."""
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    run(
        *(scripts / "python", "-m", "pip", "install", "--quiet", "--no-compile"),
        *("--constraint", LOCK, wheel),
        cwd=folder,
    )
    return scripts


def use(scripts: Path, folder: Path) -> None:
    """Use the installed program as someone with no checkout, no display and an empty home."""
    home = folder / "home é"
    home.mkdir()
    kept = {key: os.environ[key] for key in ("LANG", "SYSTEMROOT") if key in os.environ}
    env = {
        **kept,
        "PATH": f"{scripts}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "HOME": str(home),
        "USERPROFILE": str(home),
        "QT_QPA_PLATFORM": "offscreen",
        "OMP_NUM_THREADS": "1",
    }
    tusk = scripts / "tusk"
    print(run(tusk, "--version", cwd=home, env=env).strip())
    settings = ("--preset", "quick-tetrominoes", "--steps", "3", "--run-root", "runs")
    run(tusk, "train", "--data", SAMPLE, *settings, cwd=home, env=env)
    (model,) = (home / "runs").iterdir()
    run(tusk, "detect", model, SAMPLE, "--out", "found.json", cwd=home, env=env)
    run(tusk, "info", model, cwd=home, env=env)
    print(run(tusk, "self-test", "--quick", cwd=home, env=env).strip())


def main() -> None:
    """Install the wheel into an empty environment and use it there."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tusk wheel ") as name:
        folder = Path(name)
        wheel = build_wheel(folder)
        scripts = install(wheel, folder / "env")
        use(scripts, folder)
    print(f"The wheel works outside the checkout ({time.monotonic() - began:.0f} s).")


if __name__ == "__main__":
    main()
