"""What a path is that somebody opens, drops on the window or gives on the command line."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tusk_core.source_text import is_flat, path_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_STILL = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".webp", ".tif", ".tiff")
_RARE = (".btf", ".jp2", ".j2k", ".jpx", ".jpf", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".apng")
_PHONES = (".gif", ".avif", ".avifs", ".heic", ".heif", ".hif")
PICTURE_SUFFIXES = frozenset((*_STILL, *_RARE, *_PHONES))
_COMMON = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".mts")
VIDEO_SUFFIXES = frozenset((*_COMMON, ".m2ts", ".ts", ".3gp", ".asf", ".flv", ".ogv"))
RESULT_SUFFIXES = frozenset({".h5", ".hdf5"})

Kind = Literal["pictures", "video", "camera", "model", "run", "analysis", "nothing"]

# Two letters at least, so that C:\\ stays a drive.
_PREFIX = re.compile(r"[a-z][a-z0-9-]+:")

ACCEPTED = (
    "TUSK opens folders of pictures, pictures (PNG, JPEG, TIFF, BMP, WebP), videos (MP4, AVI, MOV, "
    "MKV, WebM), models, runs and result files."
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What should be opened.

    Attributes:
        kind: what it is; ``nothing`` if it cannot be opened.
        source: path or source name.
        select: file name to go to first, else empty.
        message: one sentence for the user: why not, or what was left out; may be empty.
    """

    kind: Kind
    source: str = ""
    select: str = ""
    message: str = ""


def classify(paths: Sequence[str]) -> Opening:
    """Tell what to do with one or several paths.

    Looks at names and at few files; may be slow on a network drive, so not for the GUI thread.
    """
    if not paths:
        return Opening("nothing", message="Nothing was given. " + ACCEPTED)
    first = _classify_one(path_text(paths[0]))
    if is_flat(paths[0]) and first.kind in {"pictures", "nothing"}:
        first = replace(first, source=paths[0])
    if len(paths) == 1:
        return first
    pictures = [p for p in paths if Path(p).suffix.lower() in PICTURE_SUFFIXES]
    if len(pictures) == len(paths):
        return _classify_pictures([Path(p) for p in pictures])
    if first.kind == "nothing":
        return first
    left_out = len(paths) - 1
    name = Path(paths[0]).name
    return Opening(
        first.kind,
        first.source,
        first.select,
        f"Only {name} was opened; TUSK opens one thing at a time and left out {left_out} more.",
    )


def _classify_pictures(pictures: list[Path]) -> Opening:
    folder = pictures[0].parent
    message = f"Showing the whole folder {folder.name} that these pictures are in."
    if any(p.parent != folder for p in pictures):
        message = f"The pictures lie in several folders; showing {folder.name}."
    return Opening("pictures", str(folder), pictures[0].name, message)


def _classify_one(text: str) -> Opening:
    if text.startswith("camera:"):
        return Opening("camera", text)
    path = Path(text).expanduser()
    if _PREFIX.match(text) and not path.exists():
        return Opening("pictures", text)  # sample:tetrominoes, mnist-hard:FOLDER and the like
    try:
        if path.is_dir():
            return _classify_folder(path)
        if path.is_file():
            return _classify_file(path)
    except OSError as problem:
        return Opening("nothing", text, message=f"{path.name} cannot be read: {problem.strerror}.")
    return Opening(
        "nothing",
        text,
        message=f"There is no {path}. Check the name, or whether the disk is there.",
    )


def _classify_folder(path: Path) -> Opening:
    if (path / "run.json").is_file():
        return Opening("run", str(path))
    if (path / "model.safetensors").is_file():
        return Opening("model", str(path))
    if path.parent.name == "checkpoints" and (path.parent.parent / "run.json").is_file():
        return Opening("model", str(path))
    with os.scandir(path) as entries:
        if next(entries, None) is None:
            return Opening(
                "nothing", str(path), message=f"The folder {path.name} is empty. " + ACCEPTED
            )
    return Opening("pictures", str(path))


def _classify_file(path: Path) -> Opening:
    suffix = path.suffix.lower()
    kinds: dict[frozenset[str], Kind] = {
        PICTURE_SUFFIXES: "pictures",
        VIDEO_SUFFIXES: "video",
        RESULT_SUFFIXES: "analysis",
    }
    for suffixes, kind in kinds.items():
        if suffix in suffixes:
            return Opening(kind, str(path))
    if path.name == "annotations.json":
        return Opening("pictures", str(path.parent))
    if path.name in {"model.safetensors", "config.json", "run.json"}:
        found = _classify_folder(path.parent)
        if found.kind in {"model", "run"}:
            return found
    return Opening("nothing", str(path), message=_refusal(path, suffix))


def _refusal(path: Path, suffix: str) -> str:
    if suffix == ".safetensors":
        return (
            f"{path.name} holds weights without their settings. Open the model's folder, which has "
            "model.safetensors and config.json in it."
        )
    kind = f"a {suffix[1:].upper()} file" if suffix else "a file without a suffix"
    return f"{path.name} is {kind}. {ACCEPTED}"


def insist(found: Opening, wanted: Kind | None) -> Opening:
    """Return ``found``, or a refusal if it is not what the user asked to open.

    A run folder counts as a model: its best checkpoint is opened.
    """
    if wanted is None or found.kind in {wanted, "nothing"}:
        return found
    if wanted == "model" and found.kind == "run":
        return Opening("model", found.source)
    name = Path(found.source).name
    needs = {
        "model": "A model's folder has model.safetensors and config.json in it.",
        "run": "A run's folder has run.json in it.",
    }.get(wanted, ACCEPTED)
    return Opening("nothing", found.source, message=f"{name} is no {wanted}. {needs}")
