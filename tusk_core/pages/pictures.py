"""Pictures of a page: patches of kinds and overlays, as text that stands inside the page."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tusk_core.control import Cancelled
from tusk_core.data.fitting import place
from tusk_core.data.pictures import encode_picture
from tusk_core.events import JobProgress
from tusk_core.inference.draw import draw_keypoints
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from numpy.typing import NDArray

    from tusk_core.config import TrainConfig
    from tusk_core.control import RunControl
    from tusk_core.interfaces import OpenedSource
    from tusk_core.pages.counts import Counted
    from tusk_core.results import Analysis

PATCH_SIDE = 96
OVERLAY_SIDE = 560
_MAP_STRIDE = 4
_LEAST_SIDE = 12.0
_LEAST_REACH = 4.0
_DARK = 24


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture inside the page.

    Attributes:
        uri: ``data:`` and all of it.
        width: pixels.
        height: pixels.
    """

    uri: str
    width: int
    height: int


def inside(picture: NDArray[np.uint8], *, photo: bool = True) -> Shown:
    """Return a picture (H, W, 3) as text; ``photo`` may lose a little to stay small."""
    kind = "jpeg" if photo else "png"
    content = base64.b64encode(encode_picture(picture, f".{kind}")).decode("ascii")
    return Shown(f"data:image/{kind};base64,{content}", picture.shape[1], picture.shape[0])


def common_middle(looks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle of (M, h, w, 3), just large enough for what all of them show.

    A kind is drawn in the middle of a whole picture, most of which stays black.
    """
    height, width = looks.shape[1:3]
    rows, columns = np.nonzero(looks.max(axis=(0, 3), initial=0) > _DARK)
    reach = max(
        np.abs(rows - (height - 1) / 2).max(initial=_LEAST_REACH),
        np.abs(columns - (width - 1) / 2).max(initial=_LEAST_REACH),
    )
    half = min(int(np.ceil(reach)) + 2, min(height, width) // 2)
    top, left = height // 2 - half, width // 2 - half
    return looks[:, top : top + 2 * half, left : left + 2 * half]


def patch_side(config: TrainConfig, size: tuple[int, int]) -> float:
    """Return the side of the square around a keypoint that shows what it is, picture pixels.

    Args:
        config: of the model.
        size: (width, height) of the picture.
    """
    data = config.data
    if config.decoder.kind == "patch":
        side = float(config.decoder.patch_size)
    else:
        side = 2.0 * config.keypoints.nms_window * _MAP_STRIDE
    scale = min(place(size, (data.width, data.height), data.fit).scale)
    return min(max(_LEAST_SIDE, side / max(scale, 1e-6)), float(min(size)))


def cut_patch(
    picture: NDArray[np.uint8], xy: NDArray[np.float32], side: float
) -> NDArray[np.uint8]:
    """Return (PATCH_SIDE, PATCH_SIDE, 3) around a place; beyond the edge its pixels repeat."""
    zoom = PATCH_SIDE / side
    middle = (PATCH_SIDE - 1) / 2
    shift = np.array(
        [[zoom, 0, middle - zoom * float(xy[0])], [0, zoom, middle - zoom * float(xy[1])]]
    )
    way = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    if zoom < 0.5:  # a warp does not average: shrink first
        small = max(zoom * 2, 1e-3)
        picture = np.asarray(cv2.resize(picture, None, fx=small, fy=small, interpolation=way))
        return cut_patch(picture, (xy + 0.5) * small - 0.5, side * small)
    return np.asarray(
        cv2.warpAffine(
            picture, shift, (PATCH_SIDE, PATCH_SIDE), flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )  # fmt: skip


def overlay(
    picture: NDArray[np.uint8],
    xy: NDArray[np.float32],
    kinds: NDArray[np.int64],
    scores: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """Return a picture with rings, its longer side at most ``OVERLAY_SIDE`` and at least half."""
    longer = max(picture.shape[:2])
    factor = -(-OVERLAY_SIDE // (2 * longer)) if 2 * longer < OVERLAY_SIDE else 1
    if longer > OVERLAY_SIDE:
        zoom = OVERLAY_SIDE / longer
        size = (max(1, round(picture.shape[1] * zoom)), max(1, round(picture.shape[0] * zoom)))
        ratio = np.array([size[0] / picture.shape[1], size[1] / picture.shape[0]])
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        xy = np.asarray((xy + 0.5) * ratio - 0.5, np.float32)
    labels = np.asarray(kinds, np.int32)
    radius = 8.0 if len(xy) < 40 else 6.0
    return draw_keypoints(picture, xy, labels, scores, factor=factor, radius=radius)


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What one pass over the pictures gave.

    Attributes:
        patches: by row of the analysis.
        overlays: by number of the picture.
        missing: pictures that could not be read again.
    """

    patches: dict[int, Shown]
    overlays: dict[int, Shown]
    missing: int


def gather(
    analysis: Analysis,
    found: Counted,
    source: OpenedSource,
    config: TrainConfig,
    rows: Sequence[int],
    shown: Sequence[int],
    control: RunControl,
) -> Generator[JobProgress, None, Gathered]:
    """Cut patches of some detections and draw some pictures; each picture is read once.

    Args:
        analysis: knows the places.
        found: which of them count.
        source: of the pictures.
        config: of the model, for the size of a patch.
        rows: detections to cut out.
        shown: numbers of pictures to draw.
        control: a stop raises ``Cancelled``.
    """
    wanted: dict[int, list[int]] = {number: [] for number in shown}
    for row in rows:
        wanted.setdefault(int(analysis.picture[row]), []).append(row)
    indices = _indices(analysis, source, wanted)
    kind_of = dict(zip(found.rows.tolist(), found.kinds.tolist(), strict=True))
    patches: dict[int, Shown] = {}
    overlays: dict[int, Shown] = {}
    source.use_settings(config.data)
    begin = time.monotonic()
    for done, (index, picture) in enumerate(source.stream(sorted(indices)), 1):
        if control.stop_requested:
            raise Cancelled
        number = indices[index]
        if not isinstance(picture, SourceError):
            size = (picture.shape[1], picture.shape[0])
            for row in wanted[number]:
                side = patch_side(config, size)
                patches[row] = inside(cut_patch(picture, analysis.xy[row], side))
            if number in shown:
                overlays[number] = inside(_drawn(analysis, number, kind_of, picture))
        left = (time.monotonic() - begin) / done * (len(indices) - done)
        yield JobProgress(done, len(indices), "Cutting and drawing pictures.", left)
    return Gathered(patches, overlays, len(wanted.keys() - indices.values()))


def _drawn(
    analysis: Analysis, number: int, kind_of: Mapping[int, int], picture: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    start, stop = np.searchsorted(analysis.picture, [number, number + 1]).tolist()
    rows = [row for row in range(start, stop) if row in kind_of]
    kinds = np.array([kind_of[row] for row in rows], np.int64)
    return overlay(picture, analysis.xy[rows], kinds, analysis.scores[rows])


def _indices(
    analysis: Analysis, source: OpenedSource, wanted: Mapping[int, object]
) -> dict[int, int]:
    """Return number in the source -> number in the analysis, of the wanted pictures."""
    numbers = {analysis.picture_names[number]: number for number in wanted}
    found = {}
    for index in range(len(source)):
        number = numbers.get(source.name(index))
        if number is not None:
            found[index] = number
    return found
