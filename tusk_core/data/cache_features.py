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
    from collections.abc import Iterator
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
    progress: Progress | None = None,
    control: RunControl | None = None,
) -> Features:
    """Compute the features of cached pictures, or find those computed before.

    Args:
        pictures: made ready by ``build_cache``.
        trunk: on the device to compute on.
        progress: told about the batches.
        control: a stop request ends the work.

    Raises:
        TuskError: if the pictures are smaller than a cell.
        Cancelled: if ``control`` asked for it; nothing is kept.
    """
    shape = features_shape(pictures)
    folder = cache_root() / "features" / _key(pictures)
    found = _opened(folder, shape)
    if found is not None:
        return Features(pictures, trunk, found)
    needed = 2 * int(np.prod(shape, dtype=np.int64))
    if needed > _limit_bytes():
        return Features(pictures, trunk, None, _too_large(needed))
    try:
        _write(folder, pictures, trunk, needed, progress, control)
    except OSError as error:
        return Features(pictures, trunk, None, _no_room(folder, error))
    tidy(folder.parent, keep=folder, limit_bytes=_limit_bytes())
    return Features(pictures, trunk, _opened(folder, shape))


def _key(pictures: PictureCache) -> str:
    """Hash what the features follow from; a picture cache is named by content and settings."""
    text = f"{_VERSION} {pictures.path.name} {pictures.images.shape}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


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
    pictures: PictureCache,
    trunk: Trunk,
    needed: int,
    progress: Progress | None,
    control: RunControl | None,
) -> None:
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    temporary.mkdir(parents=True)
    try:
        free = shutil.disk_usage(temporary).free
        if needed + _SPARE_BYTES > free:
            raise OSError(0, f"{needed / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free")
        done, due = 0, 0.0
        with (temporary / _NAME).open("wb") as file:
            for part in _batches(np.arange(len(pictures)), pictures):
                if control is not None and control.stop_requested:
                    raise Cancelled
                coarse = compute_coarse(trunk, pictures.images[part])
                file.write(coarse.to("cpu", torch.float16).contiguous().numpy().data)
                done += len(part)
                if progress is not None and (time.monotonic() > due or done == len(pictures)):
                    progress(done, len(pictures), f"Features of picture {done}.")
                    due = time.monotonic() + _REPORT_EVERY_S
        # Another process may have written the same meanwhile; either will do.
        with contextlib.suppress(OSError):
            temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _batches(rows: NDArray[np.int64], pictures: PictureCache) -> Iterator[NDArray[np.int64]]:
    _, height, width, _ = pictures.images.shape
    size = max(1, _BATCH_PIXELS // (height * width))
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
