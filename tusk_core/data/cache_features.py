"""Frozen features of a data set, computed once and kept in half precision on disk.

They lie beside the picture cache, in ``features/KEY``, where KEY follows the pictures' content and
size and the frozen network; a change of either makes another key, and what was used longest ago is
removed first. A set that would take more than the limit, or that finds no room, is not kept: its
features are computed whenever they are asked for.

Shapes: N pictures, D = 112 channels, h x w cells of 16 pixels.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.control import Cancelled
from tusk_core.data.cache_folder import cache_root, tidy
from tusk_core.nn.trunk import TAP_CHANNELS, TRUNK_STRIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.cache import PictureCache
    from tusk_core.data.cache_folder import Progress
    from tusk_core.nn.trunk import Taps, Trunk

_VERSION = 1
_BATCH_PIXELS = 16 * 192 * 192
_SPARE_BYTES = 2**27
_REPORT_EVERY_S = 0.2
_DEFAULT_LIMIT_GB = 2.0
_NAME = "coarse.f16"


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The coarse tap of every picture of a cache.

    Attributes:
        pictures: they belong to.
        trunk: that computes them.
        kept: (N, D, h, w) float16, read-only, memory-mapped where they are on disk; None where
            they are computed anew each time.
        note: a sentence for the user where they could not be kept, else empty.
    """

    pictures: PictureCache
    trunk: Trunk
    kept: NDArray[np.float16] | None = None
    note: str = field(default="")

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(N, D, h, w)."""
        return features_shape(self.pictures)

    def batches(self, rows: NDArray[np.int64] | None = None) -> Iterator[torch.Tensor]:
        """Yield the features of pictures ``rows`` (all by default) as (b, D, h, w) float32."""
        rows = np.arange(len(self)) if rows is None else rows
        device = next(self.trunk.buffers()).device
        for part in _batches(rows, self.pictures):
            if self.kept is not None:
                yield torch.from_numpy(self.kept[part].astype(np.float32)).to(device)
            else:
                yield compute_coarse(self.trunk, self.pictures.images[part])


def features_shape(pictures: PictureCache) -> tuple[int, int, int, int]:
    """Return (N, D, h, w) of the features of cached pictures."""
    N, height, width, _ = pictures.images.shape
    return N, TAP_CHANNELS[-1], -(-height // TRUNK_STRIDE), -(-width // TRUNK_STRIDE)


@torch.inference_mode()
def compute_coarse(trunk: Trunk, images: NDArray[np.uint8]) -> torch.Tensor:
    """Return the coarse tap (b, D, h, w), float32, of pictures (b, H, W, 1 or 3)."""
    device = next(trunk.buffers()).device
    batch = torch.from_numpy(np.array(images)).to(device).permute(0, 3, 1, 2)
    taps: Taps = trunk(batch.float().div_(255))
    return taps.coarse


def open_features(
    pictures: PictureCache,
    trunk: Trunk,
    *,
    made: Iterable[NDArray[np.float16]] | None = None,
    progress: Progress | None = None,
    control: RunControl | None = None,
) -> Features:
    """Compute the features of cached pictures, or find those computed before.

    Args:
        pictures: made ready by ``build_cache``.
        trunk: on the device to compute on.
        made: successive features (b, D, h, w) of all pictures, such as ``halves`` gives, where
            others computed them.
        progress: told about the batches.
        control: a stop request ends the work.

    Raises:
        TuskError: if the pictures are smaller than a cell.
        Cancelled: if ``control`` asked for it; nothing is kept.
    """
    shape = features_shape(pictures)
    folder = _folder(pictures)
    found = _opened(folder, shape)
    if found is not None:
        return Features(pictures, trunk, found)
    needed = _bytes_of(pictures)
    if needed > _limit_bytes():
        return Features(pictures, trunk, None, _too_large(needed))
    made = halves(pictures, trunk, 0, len(pictures)) if made is None else made
    try:
        _write(folder, made, (len(pictures), needed), progress, control)
    except OSError as error:
        return Features(pictures, trunk, None, _no_room(folder, error))
    tidy(folder.parent, keep=folder, limit_bytes=_limit_bytes())
    return Features(pictures, trunk, _opened(folder, shape))


def are_to_be_made(pictures: PictureCache) -> bool:
    """Tell whether ``open_features`` would compute features and keep them."""
    is_there = _opened(_folder(pictures), features_shape(pictures)) is not None
    return not is_there and _bytes_of(pictures) <= _limit_bytes()


def halves(
    pictures: PictureCache, trunk: Trunk, start: int, stop: int
) -> Iterator[NDArray[np.float16]]:
    """Compute the features of the pictures ``start`` to ``stop``, (b, D, h, w) at a time.

    Where ``start`` is a multiple of ``batch_pictures``, they do not depend on it.
    """
    for part in _batches(np.arange(start, stop), pictures):
        coarse = compute_coarse(trunk, pictures.images[part])
        yield coarse.to("cpu", torch.float16).contiguous().numpy()


def batch_pictures(pictures: PictureCache) -> int:
    """Return how many pictures go through the frozen network at once."""
    _, height, width, _ = pictures.images.shape
    return max(1, int(_BATCH_PIXELS // (height * width)))


def features_key(pictures: PictureCache) -> str:
    """Hash what the features follow from; a picture cache is named by content and settings."""
    text = f"{_VERSION} {pictures.path.name} {pictures.images.shape}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _folder(pictures: PictureCache) -> Path:
    return cache_root() / "features" / features_key(pictures)


def _bytes_of(pictures: PictureCache) -> int:
    return 2 * int(np.prod(features_shape(pictures), dtype=np.int64))


def _opened(folder: Path, shape: tuple[int, int, int, int]) -> NDArray[np.float16] | None:
    try:
        if (folder / _NAME).stat().st_size != 2 * int(np.prod(shape, dtype=np.int64)):
            return None
        os.utime(folder)
        return np.memmap(folder / _NAME, np.float16, "r", shape=shape)
    except (OSError, ValueError):
        return None


def _write(
    folder: Path,
    made: Iterable[NDArray[np.float16]],
    size: tuple[int, int],
    progress: Progress | None,
    control: RunControl | None,
) -> None:
    """Write features of ``size`` (pictures, bytes) as they come."""
    total, needed = size
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    temporary.mkdir(parents=True)
    try:
        free = shutil.disk_usage(temporary).free
        if needed + _SPARE_BYTES > free:
            raise OSError(0, f"{needed / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free")
        done, due = 0, 0.0
        with (temporary / _NAME).open("wb") as file:
            for part in made:
                if control is not None and control.stop_requested:
                    raise Cancelled
                file.write(part.data)
                done += len(part)
                if progress is not None and (time.monotonic() > due or done == total):
                    progress(done, total, f"Features of picture {done}.")
                    due = time.monotonic() + _REPORT_EVERY_S
        # Another process may have written the same meanwhile; either will do.
        with contextlib.suppress(OSError):
            temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _batches(rows: NDArray[np.int64], pictures: PictureCache) -> Iterator[NDArray[np.int64]]:
    size = batch_pictures(pictures)
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _too_large(needed: int) -> str:
    return (
        f"The features of these pictures take {needed / 1e9:.1f} GB, more than the "
        f"{_limit_bytes() / 1e9:.1f} GB that may be kept, so they are computed each time. "
        "TUSK_FEATURES_GB allows more."
    )


def _no_room(folder: Path, error: OSError) -> str:
    return (
        f"The features cannot be kept in {folder.parent} ({error.strerror or error}), so they are "
        "computed each time, which is slower. Free some space, or set TUSK_CACHE_DIR to a folder "
        "on another disk."
    )


def _limit_bytes() -> float:
    try:
        limit = float(os.environ.get("TUSK_FEATURES_GB", _DEFAULT_LIMIT_GB))
    except ValueError:
        limit = _DEFAULT_LIMIT_GB
    return max(limit, 0.0) * 1e9
