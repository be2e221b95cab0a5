"""Pieces cut out of pictures whose objects are known: on an object, or where there is none."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from tusk_core.atomic import new_folder
from tusk_core.data.annotated import annotate
from tusk_core.data.pictures import write_picture
from tusk_core.data.source import open_source
from tusk_core.data.windows import Window
from tusk_core.events import JobProgress
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tusk_core.data.base_source import BaseSource
    from tusk_core.data.sample import ObjectTruth

_MOST = 100_000
# More of one picture would be nearly the same piece again.
_MOST_EACH = 64
On = Literal["empty", "objects"]


@dataclass(frozen=True, slots=True)
class Cut:
    """What is cut.

    Attributes:
        side: of the square pieces [px].
        count: how many pieces.
        on: ``empty``: no object in it, not even in part; ``objects``: one in its middle.
        margin: what is kept free around an object beyond its box [px].
        seed: of the places.
    """

    side: int
    count: int
    on: On = "empty"
    margin: float = 0.0
    seed: int = 0


def cut_out(data: str, out: Path, cut: Cut, *, truth: str = "") -> Iterator[JobProgress]:
    """Write pieces of pictures as PNG files; the folder appears when it is whole.

    Args:
        data: a source with ground truth.
        out: folder to make; may exist if it is empty.
        cut: what is cut.
        truth: file with the ground truth of ``data``; empty where ``data`` brings its own.

    Raises:
        SourceError: if there is no ground truth, no place for a piece, or ``out`` is in use.
    """
    with open_source(data) as plain:
        source = annotate(plain, Path(truth).expanduser()) if truth else plain
        if not source.has_ground_truth:
            raise SourceError(
                f"{data} has no ground truth, so that nobody knows where objects are. Name the "
                "file that has it: --truth FILE."
            )
        with new_folder(out) as temporary:
            yield from _pieces(source, temporary, cut)


def _pieces(source: BaseSource, folder: Path, cut: Cut) -> Iterator[JobProgress]:
    begin, made = time.monotonic(), 0
    order = np.random.default_rng(cut.seed).permutation(len(source)).tolist()
    wanted = min(cut.count, _MOST)
    each = min(_MOST_EACH, max(1, -(-wanted // len(source))))
    for done, index in enumerate(order):
        left = (time.monotonic() - begin) / done * (len(order) - done) if done else None
        yield JobProgress(done, len(order), f"{made} pieces of {wanted}.", left)
        known = source.truth(index)
        objects = () if known is None else known.objects
        generator = np.random.default_rng([cut.seed, index])
        count = min(each, wanted - made)
        windows = place_pieces(source.size(index), objects, cut, count, generator)
        if windows:
            picture = source.read(index)
        for window in windows:
            stem = Path(source.name(index)).stem
            name = f"{index:06d} {stem[:60]} {window.x} {window.y}.png"
            write_picture(folder / name, np.ascontiguousarray(window.of(picture)))
            made += 1
        if made == wanted:
            break
    if not made:
        raise SourceError(
            f"No picture of {source.source} has room for a piece of {cut.side} px. Choose a "
            "smaller one."
        )
    yield JobProgress(len(order), len(order), f"{made} pieces.", 0.0)


def place_pieces(
    size: tuple[int, int],
    objects: Sequence[ObjectTruth],
    cut: Cut,
    count: int,
    generator: np.random.Generator,
) -> list[Window]:
    """Return up to ``count`` windows of one picture, at random places that fit ``cut``.

    Args:
        size: (width, height) of the picture.
        objects: what is in it.
        cut: what is wanted.
        count: at most so many.
        generator: draws the places.
    """
    side = cut.side
    if side > min(size):
        return []
    if cut.on == "objects":
        corners = np.array([(thing.x, thing.y) for thing in objects]).reshape(-1, 2)
        corners = np.round(corners - (side - 1) / 2).astype(int)
        corners = np.clip(corners, 0, np.array(size) - side)
    else:
        corners = free_corners(size, objects, side, cut.margin)
    if not len(corners):
        return []
    chosen = generator.permutation(len(corners))[:count]
    return [Window(int(x), int(y), side, side) for x, y in corners[chosen]]


def free_corners(
    size: tuple[int, int], objects: Sequence[ObjectTruth], side: int, margin: float
) -> NDArray[np.int64]:
    """Return the corners (n, 2) of every square of ``side`` px that no object reaches into."""
    taken = np.zeros((size[1], size[0]), np.uint8)
    for thing in objects:
        x, y, width, height = thing.bbox
        low = np.floor(np.array([x, y]) - margin).astype(int)
        high = np.ceil(np.array([x + width, y + height]) + margin).astype(int)
        (x0, y0), (x1, y1) = np.maximum(low, 0), np.maximum(high, 0)
        taken[y0:y1, x0:x1] = 1
    sums = np.asarray(cv2.integral(taken), np.int64)
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    rows, columns = np.nonzero(inside == 0)
    return np.stack([columns, rows], axis=1).astype(np.int64)
