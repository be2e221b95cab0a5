"""Pictures decoded once, brought to the network's size once, and kept as bytes on disk.

A cache is a folder ``KEY/`` with ``images.u8`` (N·H·W·C bytes) and ``cache.json``. It is written by
appending, so that a full disk is an error and not a crash, and renamed when it is whole.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.control import Cancelled
from tusk_core.data.cache_folder import Progress, cache_root, tidy
from tusk_core.data.crops import count_crops, cut_crops
from tusk_core.data.decoded import Brightness
from tusk_core.data.fitting import fit_picture, place
from tusk_core.data.looks import look_of
from tusk_core.data.source import open_source
from tusk_core.results import SourceError, UnreadableFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.config import DataConfig
    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.data.fitting import ReducedPicture, Way

_VERSION = 2
_CHUNK_BYTES = 2**24
_SPARE_BYTES = 2**27
_REPORT_EVERY_S = 0.2
_PIXELS, _FACTS = "images.u8", "cache.json"


@dataclass(frozen=True, slots=True, eq=False)
class PictureCache:
    """All pictures of a run at the network's size.

    Attributes:
        images: (N, H, W, C) uint8, memory-mapped, read-only.
        indices: (N,) int64, number of each picture in its source.
        names: name of each picture in its source.
        skipped: files that could not be read.
        source: as given.
        path: its folder.
        is_video: neighbours are frames after each other.
        in_order: pictures follow each other in time, several of one frame beside each other.
        brightness: what is black and white in its pictures; None where all have eight bits, or
            each has its own.
    """

    images: NDArray[np.uint8]
    indices: NDArray[np.int64]
    names: tuple[str, ...]
    skipped: tuple[UnreadableFile, ...]
    source: str
    path: Path
    is_video: bool = False
    in_order: bool = False
    brightness: Brightness | None = None

    def __len__(self) -> int:
        return len(self.images)


def build_cache(
    config: DataConfig,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    control: RunControl | None = None,
) -> PictureCache:
    """Read the pictures of ``config`` into a cache, or find the one made before.

    Args:
        config: source, size, fit, channels, limits, crops.
        seed: draws the subset where ``max_pictures`` leaves some out, and the crops.
        progress: told about every chunk.
        control: a stop request ends the reading.

    Raises:
        SourceError: if no picture can be read or the disk is full.
        Cancelled: if ``control`` asked for it; nothing is kept.
    """
    with open_source(config.source, default_count=config.max_pictures) as source:
        source.prepare(progress, control)
        source.use_settings(config)
        chosen = _chosen(source, config, seed)
        folder = cache_root() / "pictures" / _key(source, config, chosen, seed)
        is_video = source.kind == "video"
        of = functools.partial(
            _opened,
            folder,
            config.source,
            is_video=is_video and not config.crops,
            in_order=is_video,
        )
        found = of()
        if found is not None:
            return found
        builder = _Builder(source, config, folder, seed)
        try:
            builder.write(chosen, progress, control)
        except OSError as error:
            raise SourceError(
                f"The pictures cannot be kept in {folder.parent} ({error.strerror or error}). "
                "Free some space, or set TUSK_CACHE_DIR to a folder on another disk."
            ) from error
        finally:
            builder.clean_up()
        tidy(folder.parent, keep=folder)
    found = of()
    if found is None:
        raise SourceError(f"The cache {folder} was changed while it was written; try again.")
    return found


def _chosen(source: BaseSource, config: DataConfig, seed: int) -> NDArray[np.int64]:
    """Return the numbers of the pictures to use, ascending."""
    step = config.frame_step if source.kind == "video" else 1
    indices = np.arange(0, len(source), step, dtype=np.int64)
    if config.max_pictures and len(indices) > config.max_pictures:
        drawn = np.random.default_rng(seed).permutation(len(indices))[: config.max_pictures]
        indices = np.sort(indices[drawn])
    return indices


def build_empty_cache(
    config: DataConfig,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    control: RunControl | None = None,
) -> PictureCache | None:
    """Read the pictures of ``config.empty`` as ``build_cache`` reads the others; None without any.

    Raises:
        SourceError: if not one of them can be read.
        Cancelled: if ``control`` asked for it.
    """
    if not config.empty:
        return None
    empty = config.model_copy(update={"source": config.empty, "empty": "", "max_pictures": 0})
    return build_cache(empty, seed=seed, progress=progress, control=control)


def _key(source: BaseSource, config: DataConfig, chosen: NDArray[np.int64], seed: int) -> str:
    settings: list[object] = [_VERSION, config.width, config.height, config.channels, config.fit]
    if config.crops:
        settings += ["crops", config.crops, config.crops_each, seed]
    asked = [source.fingerprint(), settings, repr(look_of(config))]
    digest = hashlib.sha256(json.dumps(asked).encode())
    digest.update(chosen.tobytes())
    return digest.hexdigest()[:32]


def _opened(
    folder: Path, source: str, *, is_video: bool = False, in_order: bool = False
) -> PictureCache | None:
    """Return the cache in ``folder``; None if there is none or it is not whole."""
    try:
        facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        shape = tuple(int(side) for side in facts["shape"])
        if (folder / _PIXELS).stat().st_size != int(np.prod(shape, dtype=np.int64)):
            return None
        images = np.memmap(folder / _PIXELS, np.uint8, "r", shape=shape)
        skipped = tuple(UnreadableFile(Path(path), why) for path, why in facts["skipped"])
        os.utime(folder)
        return PictureCache(
            images=images,
            indices=np.asarray(facts["indices"], np.int64),
            names=tuple(facts["names"]),
            skipped=skipped,
            source=source,
            path=folder,
            is_video=is_video,
            in_order=in_order,
            brightness=_as_brightness(facts["brightness"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _as_list(brightness: Brightness | None) -> list[float] | None:
    return None if brightness is None else [brightness.low, brightness.high]


def _as_brightness(values: list[float] | None) -> Brightness | None:
    return None if values is None else Brightness(float(values[0]), float(values[1]))


class _Builder:
    """Writes one cache under a temporary name."""

    def __init__(self, source: BaseSource, config: DataConfig, folder: Path, seed: int) -> None:
        self._source = source
        self._seed = seed
        self._config = config
        self._folder = folder
        self._temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
        self._kept: list[int] = []
        self._names: list[str] = []
        self._num_crops = 1
        self._skipped: list[UnreadableFile] = []
        self._picture_bytes = config.width * config.height * config.channels

    def write(
        self, chosen: NDArray[np.int64], progress: Progress | None, control: RunControl | None
    ) -> None:
        """Read, fit and append every picture; then put the folder in its place."""
        self._temporary.mkdir(parents=True)
        if self._config.crops:
            self._num_crops = self._count_crops(chosen)
        self._check_space(len(chosen) * self._num_crops)
        rows = max(1, _CHUNK_BYTES // self._picture_bytes)
        chunk: list[NDArray[np.uint8]] = []
        due = 0.0
        with (self._temporary / _PIXELS).open("wb") as file:
            pictures = self._source.stream_reduced(chosen.tolist(), self._way())
            for done, (index, picture) in enumerate(pictures, start=1):
                if control is not None and control.stop_requested:
                    raise Cancelled
                if isinstance(picture, SourceError):
                    self._skipped.append(self._source.failure(index, picture))
                else:
                    chunk += self._fitted(picture, index)
                if len(chunk) >= rows or done == len(chosen):
                    file.writelines(part.data for part in chunk)
                    chunk.clear()
                if progress is not None and (time.monotonic() > due or done == len(chosen)):
                    progress(done, len(chosen), f"Reading picture {done} of {len(chosen)}.")
                    due = time.monotonic() + _REPORT_EVERY_S
            file.flush()
            os.fsync(file.fileno())
        self._finish()

    def _count_crops(self, chosen: NDArray[np.int64]) -> int:
        """Return the crops of each picture, by the size of the first that has one."""
        for index in chosen.tolist():
            with contextlib.suppress(SourceError):
                return count_crops(self._source.size(index), self._config, len(chosen))
        return 1

    def _way(self) -> Way | None:
        """Return how every picture is laid; None where crops are cut out of them."""
        config = self._config
        canvas = (config.width, config.height)
        return None if config.crops else functools.partial(place, canvas=canvas, fit=config.fit)

    def _fitted(self, picture: ReducedPicture, index: int) -> list[NDArray[np.uint8]]:
        """Return what is kept of a picture, noting where it comes from."""
        config, name = self._config, self._source.name(index)
        if config.crops:
            whole = picture.pixels
            found = cut_crops(whole, config, self._num_crops, seed=self._seed, index=index)
        else:
            canvas = (config.width, config.height)
            found = [(fit_picture(picture, canvas, config.fit, config.channels), "")]
        self._kept += [index] * len(found)
        self._names += [f"{name}{place}" for _, place in found]
        return [np.ascontiguousarray(one) for one, _ in found]

    def _check_space(self, count: int) -> None:
        needed = count * self._picture_bytes
        free = shutil.disk_usage(self._temporary).free
        if needed + _SPARE_BYTES > free:
            raise SourceError(
                f"The pictures need {needed / 1e9:.1f} GB in {self._folder.parent}, where "
                f"{free / 1e9:.1f} GB are free. Use fewer or smaller pictures, free some space, or "
                "set TUSK_CACHE_DIR to a folder on another disk."
            )

    def _finish(self) -> None:
        if not self._kept:
            problem = f"None of the pictures of {self._source.source} can be read."
            if self._skipped:
                problem += f" The first, {self._skipped[0].path}, {self._skipped[0].reason}."
            raise SourceError(problem)
        config = self._config
        facts = {
            "shape": [len(self._kept), config.height, config.width, config.channels],
            "indices": self._kept,
            "names": self._names,
            "skipped": [(str(item.path), item.reason) for item in self._skipped],
            "source": self._source.source,
            "brightness": _as_list(self._source.used_brightness()),
        }
        (self._temporary / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
        try:
            self._temporary.rename(self._folder)
        except OSError:
            # Another process may have written the same cache meanwhile; either will do.
            if _opened(self._folder, self._source.source) is None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._temporary.rename(self._folder)

    def clean_up(self) -> None:
        """Remove what an unfinished build left behind."""
        shutil.rmtree(self._temporary, ignore_errors=True)
