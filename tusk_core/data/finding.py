"""Which files below a folder are pictures, each real file once, and what the others are."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk_core.data.natural_order import in_natural_order, natural_key
from tusk_core.data.pictures import EXTENSIONS
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_MAX_DEPTH = 64
_AT_ONCE = 1000  # entries of a folder
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
        tables: CSV files in the folder itself, in no order.
    """

    pictures: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    tables: tuple[str, ...] = ()


def find_pictures(
    root: Path, *, recursive: bool = True, watch: Callable[[Sequence[str]], None] | None = None
) -> Found:
    """Return the picture files under ``root`` and what else looks like one.

    Nothing is opened. Hidden files and folders are left out. A folder or file that is reached
    twice through links counts once, by its own name where that is below ``root``.

    Args:
        root: the folder.
        recursive: also look into subfolders.
        watch: told the names found so far, every thousand entries; what it raises ends
            the search. The names are in no order and must not be kept.

    Raises:
        SourceError: if ``root`` itself cannot be listed.
    """
    search = _Search(root, watch)
    search.run(recursive=recursive)
    pictures = in_natural_order(search.without_copies())
    search.left_out.sort(key=lambda item: natural_key(item[0]))
    return Found(tuple(pictures), tuple(search.left_out), tuple(search.tables))


class _Search:
    """One walk through the folders below ``root``."""

    def __init__(self, root: Path, watch: Callable[[Sequence[str]], None] | None) -> None:
        self._root, self._watch = root, watch
        self._seen: set[tuple[int, int]] = set()
        self._files: list[str] = []
        self._links: list[str] = []
        self._usual = "/"  # ending of the picture found last; of a million nearly all have it
        self.left_out: list[tuple[str, str]] = []
        self.tables: list[str] = []

    def run(self, *, recursive: bool) -> None:
        """Walk through all folders; those that links lead to come last."""
        self._note(self._root.stat() if self._root.exists() else None)
        own, linked = [("", 0)], list[tuple[str, int]]()
        while own or linked:
            folder, depth = (own or linked).pop()
            for entry in self._folders_in(folder):
                if recursive and depth < _MAX_DEPTH:
                    inner = (f"{folder}{entry.name}/", depth + 1)
                    (linked if entry.is_symlink() else own).append(inner)

    def _folders_in(self, folder: str) -> list[os.DirEntry[str]]:
        """Note the files of a folder and return its folders; none if it was reached before."""
        folders: list[os.DirEntry[str]] = []
        try:
            if folder and not self._note((self._root / folder).stat()):
                return folders
            with os.scandir(self._root / folder) as entries:
                while some := list(itertools.islice(entries, _AT_ONCE)):
                    self._take(folder, some, folders)
                    if self._watch is not None:
                        self._watch(self._files or self._links)
        except OSError as error:
            if not folder:
                reason = error.strerror or error
                raise SourceError(
                    f"The folder {self._root} cannot be listed ({reason})."
                ) from error
        return folders

    def _take(
        self, folder: str, entries: list[os.DirEntry[str]], folders: list[os.DirEntry[str]]
    ) -> None:
        """Note the files among entries; add the folders. A million entries come through here."""
        files, usual = self._files, self._usual
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                continue
            if not _is_plain(entry):
                if _is_folder(entry):
                    folders.append(entry)
                elif self._has_known_ending(folder, name):
                    (self._links if entry.is_symlink() else files).append(folder + name)
            elif name.endswith(usual) or self._has_known_ending(folder, name):
                files.append(folder + name)
                usual = self._usual

    def _has_known_ending(self, folder: str, name: str) -> bool:
        """Tell whether a file is a picture by its name; notes one that is not read."""
        _, dot, rest = name.rpartition(".")
        ending = (dot + rest).lower()
        if ending in EXTENSIONS:
            self._usual = dot + rest
            return True
        if ending in _REASONS:
            self.left_out.append((folder + name, _REASONS[ending]))
        elif ending == ".csv" and not folder:
            self.tables.append(name)
        return False

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


def _is_plain(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry is a file and not a link, which needs no look at the file."""
    try:
        return entry.is_file(follow_symlinks=False)
    except OSError:
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
