"""A sheet of pictures with their keypoints, for papers and slides: PNG, or SVG with vectors."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import cv2
import numpy as np

from tusk_core.atomic import write_text
from tusk_core.data.pictures import encode_picture, write_picture
from tusk_core.inference.draw import draw_keypoints, enlargement, with_legend
from tusk_core.inference.originals import original_pictures
from tusk_core.palette import colour as colour_of
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.inference.export.table import DetectionTable

_MOST = 12
_TILE = 320
_GAP = 12
_ROW = 22


@dataclass(frozen=True, slots=True, eq=False)
class _Tile:
    """One picture of the sheet and the rows of its keypoints."""

    picture: NDArray[np.uint8]
    rows: NDArray[np.int64]


def write_png_figure(table: DetectionTable, path: Path) -> list[str]:
    """Write up to twelve pictures, spread over the source, as one PNG."""
    tiles = _tiles(table)
    analysis = table.analysis
    drawn = []
    for tile in tiles:
        size = (tile.picture.shape[1], tile.picture.shape[0])
        picture = draw_keypoints(
            tile.picture,
            analysis.xy[tile.rows],
            analysis.labels[tile.rows],
            analysis.scores[tile.rows],
            factor=enlargement(size),
        )
        drawn.append(_squared(picture))
    columns = _num_columns(len(drawn))
    blank = np.full((_TILE, _TILE, 3), 255, np.uint8)
    drawn += [blank] * (-len(drawn) % columns)
    lines = [np.concatenate(drawn[i : i + columns], 1) for i in range(0, len(drawn), columns)]
    names = dict(enumerate(table.names))
    write_picture(path, with_legend(np.concatenate(lines), _used(table, tiles), names))
    return [f"{len(tiles)} of {len(analysis.picture_names)} pictures are shown."]


def write_svg_figure(table: DetectionTable, path: Path) -> list[str]:
    """Write the same sheet as SVG: pictures embedded, rings and names as vectors."""
    tiles = _tiles(table)
    columns = _num_columns(len(tiles))
    step = _TILE + _GAP
    used = _used(table, tiles)
    legend_rows = -(-len(used) // max(1, columns * 2))
    width = columns * step + _GAP
    tile_rows = -(-len(tiles) // columns)
    height = tile_rows * step + _GAP + legend_rows * _ROW + _GAP
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">'
        ),
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, tile in enumerate(tiles):
        x, y = _GAP + number % columns * step, _GAP + number // columns * step
        parts.append(_svg_tile(table, tile, x, y))
    top = tile_rows * step + _GAP + _ROW // 2
    for number, index in enumerate(used):
        x = _GAP + 8 + number % (columns * 2) * (step // 2)
        y = top + number // (columns * 2) * _ROW
        name = escape(table.names[index])
        parts.append(f'<circle cx="{x}" cy="{y}" r="6" fill="{_hex(index)}" stroke="#111"/>')
        parts.append(f'<text x="{x + 12}" y="{y + 5}" fill="#111">{name}</text>')
    write_text(path, "\n".join([*parts, "</svg>"]) + "\n")
    return [f"{len(tiles)} of {len(table.analysis.picture_names)} pictures are shown."]


def _tiles(table: DetectionTable) -> list[_Tile]:
    count = len(table.analysis.picture_names)
    wanted = np.linspace(0, count - 1, min(_MOST, count)).round().astype(int)
    out = [
        _Tile(picture, table.rows_of(number))
        for number, picture, _ in original_pictures(table.analysis, frozenset(wanted.tolist()))
        if not isinstance(picture, SourceError)
    ]
    if not out:
        raise SourceError(f"The pictures of {table.analysis.source} are no longer there.")
    return out


def _used(table: DetectionTable, tiles: list[_Tile]) -> list[int]:
    labels = table.analysis.labels
    used: list[int] = np.unique(np.concatenate([labels[tile.rows] for tile in tiles])).tolist()
    return used


def _num_columns(count: int) -> int:
    return min(4, max(1, int(np.ceil(np.sqrt(count)))))


def _squared(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    inner = _TILE - _GAP
    zoom = inner / max(height, width)
    w, h = max(1, round(width * zoom)), max(1, round(height * zoom))
    out = np.full((_TILE, _TILE, 3), 255, np.uint8)
    top, left = (_TILE - h) // 2, (_TILE - w) // 2
    out[top : top + h, left : left + w] = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)
    return out


def _svg_tile(table: DetectionTable, tile: _Tile, left: int, top: int) -> str:
    height, width = tile.picture.shape[:2]
    zoom = _TILE / max(height, width)
    shown = tile.picture
    if zoom < 0.5:  # twice the shown size is enough for print
        size = (max(1, round(width * zoom * 2)), max(1, round(height * zoom * 2)))
        shown = np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA), np.uint8)
    data = base64.b64encode(encode_picture(shown)).decode()
    x0 = left + (_TILE - width * zoom) / 2
    y0 = top + (_TILE - height * zoom) / 2
    parts = [
        (
            f'<image x="{x0:.2f}" y="{y0:.2f}" width="{width * zoom:.2f}" '
            f'height="{height * zoom:.2f}" preserveAspectRatio="none" '
            f'style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>'
        )
    ]
    analysis = table.analysis
    for row in tile.rows.tolist():
        x, y = ((analysis.xy[row].astype(float) + 0.5) * zoom + (x0, y0)).tolist()
        index = int(analysis.labels[row])
        opacity = 0.35 + 0.65 * float(analysis.scores[row])
        ring = f'cx="{x:.2f}" cy="{y:.2f}" r="7" fill="none" stroke-opacity="{opacity:.2f}"'
        parts.append(f'<circle {ring} stroke="#101010" stroke-width="4"/>')
        parts.append(
            f'<circle {ring} stroke="{_hex(index)}" stroke-width="2">'
            f"<title>{escape(table.names[index])}, {analysis.scores[row]:.2f}</title></circle>"
        )
    return "\n".join(parts)


def _hex(index: int) -> str:
    red, green, blue = colour_of(index)
    return f"#{red:02x}{green:02x}{blue:02x}"
