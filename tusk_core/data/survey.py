"""A quick survey of a source: how many pictures, how large, what is wrong with them."""

from __future__ import annotations

import contextlib
import hashlib
import math
import stat
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.data.folders import FileSource
from tusk_core.data.small_things import propose_crops
from tusk_core.data.stacks import page_labels
from tusk_core.data.videos import VideoSource
from tusk_core.results import SourceError, SourceSummary, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.data.base_source import BaseSource

_MOST_SIZES = 20
_GREY_SAMPLE = 48
_CHANNELS_SAMPLE = 3
_SPREAD_SAMPLE = 8
_MOST_PAIRS = 1000
_HASH_BUDGET = 2**29
_ENDS = 2**13
_TINT = 24
_MOST_LOOKED_AT = 500_000  # pixels
_LOOKED_AT_SIDE = 1000  # pixels


def survey(source: BaseSource, stopped: Callable[[], bool]) -> SourceSummary:
    """Look through a source, reading headers of all pictures and decoding a few.

    Args:
        source: already open.
        stopped: asked between files; True ends the look, which then covers a part.
    """
    sizes: Counter[tuple[int, int]] = Counter()
    unreadable: dict[int, SourceError] = {}
    if isinstance(source, FileSource):
        for index in range(len(source)):
            if stopped():
                break
            try:
                sizes[source.size(index)] += 1
            except SourceError as error:
                unreadable[index] = error
    else:
        sizes[source.size(0)] = len(source)
    grey = _grey_share(source, unreadable, stopped)
    files = source if isinstance(source, FileSource) else None
    used = source.used_brightness()
    return SourceSummary(
        source=source.source,
        kind=source.kind,
        num_pictures=len(source) - len(unreadable),
        sizes=tuple((w, h, count) for (w, h), count in sizes.most_common(_MOST_SIZES)),
        grey_share=grey,
        unreadable=(
            *(source.failure(index, error) for index, error in sorted(unreadable.items())),
            *(_left_out(files, stopped) if files is not None else ()),
        ),
        duplicates=find_duplicates(files, stopped) if files is not None else (),
        has_ground_truth=source.has_ground_truth,
        frames_per_second=source.fps if isinstance(source, VideoSource) else 0.0,
        proposed_crops=propose_crops(source, max(map(max, sizes), default=0), stopped),
        notes=source.notes,
        brightness=None if used is None else (used.low, used.high),
        num_channels=0 if files is None else _num_channels(files),
        axes=() if files is None else _axes(files),
    )


def _num_channels(source: FileSource) -> int:
    """Return the most channels of a few of the files."""
    found = 0
    for index in np.unique(np.linspace(0, len(source) - 1, _CHANNELS_SAMPLE).round()):
        with contextlib.suppress(SourceError):
            found = max(found, source.num_channels(int(index)))
    return found


def _axes(source: FileSource) -> tuple[tuple[str, int], ...]:
    """Return along what the pictures of one file lie, and the most there are of each."""
    lengths: dict[str, int] = {}
    for name, file, page in zip(
        source.listing.names, source.listing.files, source.listing.pages, strict=True
    ):
        if page < 0:
            continue
        for part in name[len(file) + 1 :].split(","):
            axis, _, number = part.rpartition("=")
            lengths[axis] = max(lengths.get(axis, 0), int(number) + 1)
    return tuple(lengths.items())


def _left_out(source: FileSource, stopped: Callable[[], bool]) -> list[UnreadableFile]:
    """Return the files that are not read, and those of which only the first picture is."""
    found = [UnreadableFile(source.root / name, reason) for name, reason in source.left_out]
    if source.listing.unchecked:
        for name in source.listing.files:
            if stopped():
                break
            count = len(page_labels(source.root / name))
            if count:
                reason = f"holds {count} pictures, of which the first is used"
                found.append(UnreadableFile(source.root / name, reason))
    return found


def _grey_share(
    source: BaseSource, unreadable: dict[int, SourceError], stopped: Callable[[], bool]
) -> float:
    """Return the share of a sample without colour; notes pictures of it that do not decode."""
    total = len(source)
    if isinstance(source, FileSource):
        drawn = np.random.default_rng(0).permutation(total)[:_GREY_SAMPLE]
    else:
        drawn = np.linspace(0, total - 1, min(total, _SPREAD_SAMPLE)).astype(np.int64)
    grey = seen = 0
    for index in sorted(set(drawn.tolist()) - set(unreadable)):
        if stopped():
            break
        try:
            picture = source.small(index, _LOOKED_AT_SIDE)
        except SourceError as error:
            unreadable[index] = error
            continue
        seen += 1
        grey += is_grey(picture)
    return grey / seen if seen else 0.0


def is_grey(picture: NDArray[np.uint8]) -> bool:
    """Tell whether a (H, W, 3) picture has no colour worth the name.

    Lossy compression tints grey edges a little, so that one pixel in two hundred may differ. Of a
    large picture every n-th pixel tells.
    """
    step = math.ceil(math.sqrt(picture.shape[0] * picture.shape[1] / _MOST_LOOKED_AT))
    thin = picture[::step, ::step]
    spread = thin.max(axis=2) - thin.min(axis=2)
    return float(np.mean(spread > _TINT)) < 0.005


def find_duplicates(
    source: FileSource, stopped: Callable[[], bool]
) -> tuple[tuple[Path, Path], ...]:
    """Return pairs of files with the same content: (first, later copy).

    Only files of equal length are opened; of those the ends are compared first. Beyond 0.5 GB of
    whole files the ends decide.
    """
    groups: dict[tuple[object, ...], list[Path]] = defaultdict(list)
    for name in dict.fromkeys(source.listing.files):
        path = source.root / name
        try:
            status = path.stat()
        except OSError:
            continue
        # A pipe would be waited for without end; that empty files are alike is not news.
        if stat.S_ISREG(status.st_mode) and status.st_size:
            groups[status.st_size,].append(path)
    groups = _regrouped(groups, _ends, stopped)
    left = _HASH_BUDGET - sum(int(str(key[0])) * len(group) for key, group in groups.items())
    if left > 0:
        groups = _regrouped(groups, _whole, stopped)
    pairs = [(group[0], copy) for group in groups.values() for copy in group[1:]]
    return tuple(pairs[:_MOST_PAIRS])


def _regrouped(
    groups: dict[tuple[object, ...], list[Path]],
    digest: Callable[[Path], str],
    stopped: Callable[[], bool],
) -> dict[tuple[object, ...], list[Path]]:
    """Split groups by a digest of each file; groups of one are left out."""
    finer: dict[tuple[object, ...], list[Path]] = defaultdict(list)
    for key, group in groups.items():
        if len(group) < 2:
            continue
        for path in group:
            if stopped():
                return {}
            try:
                finer[*key, digest(path)].append(path)
            except OSError:
                continue
    return {key: group for key, group in finer.items() if len(group) > 1}


def _ends(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(_ENDS)
        file.seek(max(0, file.seek(0, 2) - _ENDS))
        return hashlib.sha256(start + file.read(_ENDS)).hexdigest()


def _whole(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
