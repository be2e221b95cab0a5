"""Which files below a folder are pictures, each real file once, and what the others are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk_core.data.natural_order import in_natural_order, natural_key
from tusk_core.data.pictures import EXTENSIONS
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from pathlib import Path

_MAX_DEPTH = 64
_RAW = (
    ".3fr .arw .cr2 .cr3 .crw .dcr .dng .erf .iiq .kdc .mef .mos .mrw .nef .nrw .orf .pef .raf .rw2"
)
_MICROSCOPES = ".czi .lif .lsm .nd2 .oib .oif .oir .sld .vsi .zvi .ims .svs .ndpi .scn .mrxs .stk"
_VIDEOS = (
    ".3gp .asf .avi .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ogv .ts .webm .wmv .h264 .seq"
)
_OTHERS = (
    ".psd .psb .xcf .kra .exr .hdr .jxl .svg .eps .ico .icns .pcx .fits .fit .dcm .heics .qoi .ai"
)
_REASONS: dict[str, str] = {
    **dict.fromkeys(_VIDEOS.split(), "is a video; open it by itself"),
    **dict.fromkeys(_RAW.split(), "is a camera's raw picture; convert it to TIFF or JPEG"),
    **dict.fromkeys(_MICROSCOPES.split(), "is a microscope's own format; convert it to OME-TIFF"),
    **dict.fromkeys(_OTHERS.split(), "is a kind of picture that is not read; convert it to PNG"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """The files below a folder, relative with ``/``, in natural order.

    Attributes:
        pictures: those that are read.
        left_out: pictures and videos that are not, each with the reason in a few words.
    """

    pictures: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...] = ()


def find_pictures(root: Path, *, recursive: bool = True) -> Found:
    """Return the picture files under ``root`` and what else looks like one.

    Nothing is opened. Hidden files and folders are left out. A folder or file that is reached
    twice through links counts once, by its own name where that is below ``root``.

    Raises:
        SourceError: if ``root`` itself cannot be listed.
    """
    search = _Search(root)
    search.run(recursive=recursive)
    pictures = in_natural_order(search.without_copies())
    search.left_out.sort(key=lambda item: natural_key(item[0]))
    return Found(tuple(pictures), tuple(search.left_out))


class _Search:
    """One walk through the folders below ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: set[tuple[int, int]] = set()
        self._files: list[str] = []
        self._links: list[str] = []
        self._endings: dict[str, str] = {}
        self.left_out: list[tuple[str, str]] = []

    def run(self, *, recursive: bool) -> None:
        """Walk through all folders; those that links lead to come last."""
        self._note(self._root.stat() if self._root.exists() else None)
        own, linked = [("", 0)], list[tuple[str, int]]()
        while own or linked:
            folder, depth = (own or linked).pop()
            for entry in self._listed(folder):
                name = entry.name
                if _is_folder(entry):
                    if recursive and depth < _MAX_DEPTH:
                        inner = (f"{folder}{name}/", depth + 1)
                        (linked if entry.is_symlink() else own).append(inner)
                    continue
                _, dot, ending = name.rpartition(".")
                ending = self._known_ending(dot + ending)
                if ending in EXTENSIONS:
                    (self._links if entry.is_symlink() else self._files).append(folder + name)
                elif ending in _REASONS:
                    self.left_out.append((folder + name, _REASONS[ending]))

    def _known_ending(self, ending: str) -> str:
        """Return an ending in lower case; of a million files nearly all have the same."""
        known = self._endings.get(ending)
        if known is None:
            known = self._endings[ending] = ending.lower()
        return known

    def _listed(self, folder: str) -> list[os.DirEntry[str]]:
        """Return the entries of a folder; none if it was reached before."""
        try:
            if folder and not self._note((self._root / folder).stat()):
                return []
            with os.scandir(self._root / folder) as entries:
                return [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            if not folder:
                reason = error.strerror or error
                raise SourceError(
                    f"The folder {self._root} cannot be listed ({reason})."
                ) from error
            return []

    def _note(self, status: os.stat_result | None) -> bool:
        """Remember a folder; False if it was reached before."""
        if status is None or not status.st_ino:
            return True
        place = (status.st_dev, status.st_ino)
        if place in self._seen:
            return False
        self._seen.add(place)
        return True

    def without_copies(self) -> list[str]:
        """Return the files, and of the links those that lead to no file listed already."""
        if not self._links:
            return self._files
        known = {place for name in self._files if (place := self._place(name)) is not None}
        kept = list(self._files)
        for name in sorted(self._links, key=natural_key):
            place = self._place(name)
            if place is None or place not in known:
                kept.append(name)
            if place is not None:
                known.add(place)
        return kept

    def _place(self, name: str) -> tuple[int, int] | None:
        try:
            status = (self._root / name).stat()
        except OSError:
            return None
        return (status.st_dev, status.st_ino) if status.st_ino else None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
