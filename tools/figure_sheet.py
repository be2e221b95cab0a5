"""Plain white pages for figures: titles, grids of pictures with captions, legends, plots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tusk_core.inference.draw import draw_keypoints
from tusk_core.palette import colour as colour_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import ArrayLike, NDArray

    Picture = NDArray[np.uint8]
    Colour = tuple[int, int, int]
    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

INK, MUTED, LINE, PAPER = (27, 31, 36), (102, 112, 128), (222, 226, 232), (255, 255, 255)
MARGIN, GAP = 32, 10
TITLE, BODY, SMALL = 25, 15, 13
MANY_STARS = 40
FEW_RINGS = 8


def font(size: int) -> Font:
    """Return the one typeface of the pages."""
    return ImageFont.load_default(size)


def text_width(text: str, size: int) -> int:
    """Return the width of a line in pixels."""
    return round(font(size).getlength(text))


def wrapped(text: str, size: int, width: int) -> list[str]:
    """Return the text in lines no wider than ``width`` pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


# -- pictures


def fitted(picture: Picture, side: int) -> tuple[Picture, float]:
    """Return a picture whose longer side is ``side``, and its scale."""
    scale = side / max(picture.shape[:2])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    # Enlarged beyond the size and then averaged down: every pixel gets its exact share.
    factor = max(1, -(-2 * side // max(picture.shape[:2]))) if scale > 1 else 1
    large = np.repeat(np.repeat(picture, factor, 0), factor, 1)
    return np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def as_tile(picture: Picture, side: int) -> Image.Image:
    """Return a picture whose longer side is ``side``."""
    return Image.fromarray(np.ascontiguousarray(fitted(picture, side)[0]))


def with_rings(
    picture: Picture,
    side: int,
    xy: ArrayLike,
    labels: NDArray[np.int32],
    scores: NDArray[np.float32] | None = None,
) -> Image.Image:
    """Return a picture of ``side`` pixels with a ring for each keypoint, by prototype."""
    shown, scale = fitted(picture, side)
    places = ((np.asarray(xy, np.float64) + 0.5) * scale - 0.5).astype(np.float32)
    # Many rings are drawn smaller, so that they do not hide the picture.
    radius = max(5.0, side / 26 * min(1.0, (FEW_RINGS / max(1, len(places))) ** 0.5))
    drawn = draw_keypoints(np.ascontiguousarray(shown), places, labels, scores, radius=radius)
    return Image.fromarray(drawn)


def heat_tile(picture: Picture, heat: NDArray[np.float32], side: int) -> Image.Image:
    """Return the heat map in colour over the grey picture."""
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    values = np.clip((heat - 0.5) * 2, 0, 1)
    colour = cv2.applyColorMap((values * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    mixed = 0.3 * grey[..., None] + 0.7 * colour
    return as_tile(np.clip(mixed, 0, 255).astype(np.uint8), side)


def segment_tile(
    picture: Picture, mask: Picture, labels: NDArray[np.int32], side: int
) -> Image.Image:
    """Return each keypoint's segment in its prototype's colour; the rest is the picture, faint."""
    table = np.array([colour_of(int(label)) for label in labels] or [(0, 0, 0)], np.float64)
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)[..., None]
    rest = 0.25 * np.repeat(grey, 3, axis=2).astype(np.float64)
    flat = 0.25 * grey + 0.75 * table[np.maximum(mask.astype(int) - 1, 0)]
    return as_tile(np.where(mask[..., None] > 0, flat, rest).astype(np.uint8), side)


def alpha_tile(alpha: NDArray[np.floating], side: int) -> Image.Image:
    """Return shares, [0, 1], in grey."""
    grey = (np.clip(alpha, 0, 1) * 255).astype(np.uint8)
    return as_tile(np.repeat(grey[..., None], 3, axis=2), side)


# -- grids


@dataclass
class Cell:
    """One picture with lines below; a line may begin with a dot in a prototype's colour."""

    image: Image.Image | None
    lines: Sequence[tuple[int | None, str]] = field(default_factory=list)
    frame: int | None = None


def grid(
    cells: list[list[Cell]], columns: list[str] | None = None, rows: list[str] | None = None
) -> Image.Image:
    """Return cells in rows, columns with headings, rows with names on the left."""
    across = max(len(line) for line in cells)
    widths = [0] * across
    for line in cells:
        for index, cell in enumerate(line):
            widths[index] = max(widths[index], _cell_width(cell))
    for index, title in enumerate(columns or []):
        # A heading may take two lines before it widens its column.
        longest = max(text_width(part, BODY) for part in _two_lines(title))
        widths[index] = max(widths[index], longest)
    left = max((text_width(name, BODY) for name in rows or []), default=0)
    left = left + 16 if rows else 0
    head = 20 * max((len(_two_lines(title)) for title in columns or []), default=0)
    head = head + 6 if columns else 0
    heights = [max(_cell_height(cell) for cell in line) for line in cells]
    width = left + sum(widths) + GAP * (across - 1)
    page = Image.new("RGB", (width, head + sum(heights) + GAP * (len(cells) - 1)), PAPER)
    draw = ImageDraw.Draw(page)
    for index, title in enumerate(columns or []):
        x = left + sum(widths[:index]) + GAP * index + widths[index] // 2
        parts = _two_lines(title)
        y = head - 6 - 20 * len(parts)
        for part in parts:
            draw.text((x, y + 10), part, INK, font(BODY), anchor="mm")
            y += 20
    y = head
    for number, line in enumerate(cells):
        if rows:
            draw.text((0, y + _image_height(line) // 2), rows[number], INK, font(BODY), anchor="lm")
        for index, cell in enumerate(line):
            _draw_cell(page, draw, cell, left + sum(widths[:index]) + GAP * index, y, widths[index])
        y += heights[number] + GAP
    return page


def _two_lines(title: str) -> list[str]:
    return title.split("\n")


def _cell_width(cell: Cell) -> int:
    lines = [text_width(text, SMALL) + (14 if dot is not None else 0) for dot, text in cell.lines]
    return max([cell.image.width if cell.image else 0, *lines])


def _cell_height(cell: Cell) -> int:
    return (cell.image.height if cell.image else 0) + 18 * len(cell.lines)


def _image_height(line: list[Cell]) -> int:
    return max(cell.image.height if cell.image else 0 for cell in line)


def _draw_cell(
    page: Image.Image, draw: ImageDraw.ImageDraw, cell: Cell, x: int, y: int, width: int
) -> None:
    if cell.image is None:
        return
    left = x + (width - cell.image.width) // 2
    page.paste(cell.image, (left, y))
    if cell.frame is not None:
        box = (left, y, left + cell.image.width - 1, y + cell.image.height - 1)
        draw.rectangle(box, outline=colour_of(cell.frame), width=3)
    y += cell.image.height + 3
    for dot, text in cell.lines:
        need = text_width(text, SMALL) + (14 if dot is not None else 0)
        start = x + (width - need) // 2
        if dot is not None:
            draw.ellipse((start, y + 3, start + 9, y + 12), fill=colour_of(dot))
            start += 14
        draw.text((start, y + 8), text, MUTED, font(SMALL), anchor="lm")
        y += 18


# -- pages


def legend(entries: Sequence[tuple[Colour, str]], width: int) -> Image.Image:
    """Return colours with their names, in as many lines as they need."""
    lines: list[list[tuple[int, Colour, str]]] = [[]]
    used = 0
    for colour, text in entries:
        need = 16 + text_width(text, SMALL) + 16
        if used + need > width and lines[-1]:
            lines.append([])
            used = 0
        lines[-1].append((used, colour, text))
        used += need
    page = Image.new("RGB", (width, 22 * len(lines)), PAPER)
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        for x, colour, text in line:
            y = 22 * number + 11
            draw.ellipse((x, y - 5, x + 10, y + 5), fill=colour)
            draw.text((x + 16, y), text, INK, font(SMALL), anchor="lm")
    return page


def prototype_legend(labels: Collection[int], width: int) -> Image.Image:
    """Return the colours of prototypes with their numbers."""
    shown = sorted({int(label) for label in labels})
    return legend([(colour_of(label), str(label)) for label in shown], width)


def page(title: str, subtitle: str, blocks: list[Image.Image], least: int = 520) -> Image.Image:
    """Return a white page: title, a sentence, and the blocks below each other."""
    width = max([least, text_width(title, TITLE), *(block.width for block in blocks)])
    told = wrapped(subtitle, BODY, width)
    head = MARGIN + 34 + 21 * len(told) + 18
    height = head + sum(block.height for block in blocks) + 22 * (len(blocks) - 1) + MARGIN
    sheet = Image.new("RGB", (width + 2 * MARGIN, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, MARGIN), title, INK, font(TITLE))
    for number, line in enumerate(told):
        draw.text((MARGIN, MARGIN + 38 + 21 * number), line, MUTED, font(BODY))
    y = head
    for block in blocks:
        sheet.paste(block, (MARGIN, y))
        y += block.height + 22
    return sheet


# -- scatter plots


def scatter(
    points: NDArray[np.float32],
    colours: Sequence[Colour],
    stars: NDArray[np.float32],
    star_labels: NDArray[np.int32],
    side: int = 620,
) -> Image.Image:
    """Return dots in the plane with the prototypes as numbered discs, drawn at twice the size."""
    big = side * 2
    canvas = np.full((big, big, 3), 255, np.uint8)
    everything = np.concatenate([points, stars]) if len(stars) else points
    low, high = np.percentile(everything, 0.5, axis=0), np.percentile(everything, 99.5, axis=0)
    span = float(max((high - low).max(), 1e-9)) * 1.16

    def to_pixels(values: ArrayLike) -> NDArray[np.float64]:
        unit = (np.asarray(values, np.float64) - (low + high) / 2) / span + 0.5
        kept = np.clip(np.stack([unit[:, 0], 1 - unit[:, 1]], 1), 0.015, 0.985)
        return np.asarray(kept * (big - 1), np.float64)

    radius = 9 if len(points) < 600 else 7 if len(points) < 3000 else 5
    under = canvas.copy()
    for place, colour in zip(to_pixels(points), colours, strict=True):
        centre = (round(place[0] * 16), round(place[1] * 16))
        cv2.circle(under, centre, radius * 16, tuple(map(int, colour)), -1, cv2.LINE_AA, 4)
    image = Image.fromarray(np.asarray(cv2.addWeighted(under, 0.72, canvas, 0.28, 0), np.uint8))
    draw = ImageDraw.Draw(image)
    # Many discs must not hide what they stand for.
    small = 0.62 if len(stars) > MANY_STARS else 1.0
    for place, label in zip(to_pixels(stars), star_labels, strict=True):
        x, y = place
        for reach, fill in (
            (21 * small, (20, 20, 20)),
            (18 * small, PAPER),
            (16 * small, colour_of(int(label))),
        ):
            draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=fill)
        red, green, blue = colour_of(int(label))
        ink = INK if 0.3 * red + 0.59 * green + 0.11 * blue > 120 else PAPER
        size = round((20 if int(label) < 100 else 16) * small)
        draw.text((x, y), str(int(label)), ink, font(size), anchor="mm")
    draw.rectangle((0, 0, big - 1, big - 1), outline=LINE, width=2)
    return image.resize((side, side), Image.Resampling.LANCZOS)
