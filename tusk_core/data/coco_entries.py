"""Entries of a COCO file that can be used, and sentences on those that cannot.

Identifiers are matched as text, so that ``"7"`` is 7. What is wrong is left out and counted: an
object is never moved to another picture or to a place that the file does not give.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

_NAMED = 3


@dataclass(frozen=True, slots=True)
class CocoEntries:
    """Usable parts of a COCO file.

    Attributes:
        images: one for each picture, sorted by file name.
        annotations: those with a picture, a category and a place, in the order of the images.
        owners: for each annotation, its image's place in ``images``.
        categories: for each annotation, its category's place in the file's list.
        notes: sentences on what was left out.
    """

    images: list[dict[str, Any]]
    annotations: list[dict[str, Any]]
    owners: list[int]
    categories: list[int]
    notes: tuple[str, ...]


def usable_entries(content: Any) -> CocoEntries:
    """Return the entries of a file's content that fit together.

    Raises:
        KeyError, TypeError, ValueError: if it is not in COCO's form at all.
    """
    notes: list[str] = []
    images = _images(content["images"], notes)
    places = {_identity(entry["id"]): index for index, entry in enumerate(images)}
    kinds = {_identity(entry["id"]): index for index, entry in enumerate(content["categories"])}
    wrong: dict[str, list[str]] = {}
    rows: list[tuple[int, int, dict[str, Any]]] = []
    for number, entry in enumerate(content.get("annotations") or []):
        owner = places.get(_identity(entry["image_id"]))
        kind = kinds.get(_identity(entry["category_id"]))
        if owner is None:
            reason = "no such picture"
        elif kind is None:
            reason = "no such category"
        elif entry.get("iscrowd"):
            reason = "a crowd, not one object"
        elif place_of(entry) is None:
            reason = "neither a box nor a keypoint"
        else:
            rows.append((owner, kind, entry))
            continue
        wrong.setdefault(reason, []).append(str(entry.get("id", f"at place {number}")))
    if wrong and not rows:
        raise ValueError(" ".join(_sentence("object", why, who) for why, who in wrong.items()))
    rows.sort(key=lambda row: row[0])  # stable: file order within a picture
    notes += [_sentence("object", reason, names) for reason, names in wrong.items()]
    return CocoEntries(
        images,
        [entry for _, _, entry in rows],
        [owner for owner, _, _ in rows],
        [kind for _, kind, _ in rows],
        tuple(notes),
    )


def _images(listed: list[dict[str, Any]], notes: list[str]) -> list[dict[str, Any]]:
    """Return the pictures, sorted by name; those that share an identifier are left out."""
    by_name = {str(entry["file_name"]): entry for entry in listed}
    if len(by_name) < len(listed):
        twice = Counter(str(entry["file_name"]) for entry in listed)
        names = [name for name, count in twice.items() if count > 1]
        ids = {
            name: {_identity(e["id"]) for e in listed if str(e["file_name"]) == name}
            for name in names
        }
        unclear = [name for name in names if len(ids[name]) > 1]
        for name in unclear:
            del by_name[name]
        if unclear:
            notes.append(_sentence("picture", "listed with several ids", unclear))
    owners = Counter(_identity(entry["id"]) for entry in by_name.values())
    shared = [name for name, entry in by_name.items() if owners[_identity(entry["id"])] > 1]
    if shared:
        notes.append(_sentence("picture", "an id shared with another", sorted(shared)))
    gone = set(shared)
    return [by_name[name] for name in sorted(by_name) if name not in gone]


def _identity(value: object) -> str:
    """Return an identifier as text; 7, 7.0 and ``"7"`` are the same."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _sentence(what: str, reason: str, names: list[str]) -> str:
    named = ", ".join(names[:_NAMED])
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    count = f"{len(names)} {what}s were" if len(names) > 1 else f"1 {what} was"
    return f"{count} left out ({reason}): {named}{rest}."


def box_of(entry: dict[str, Any]) -> tuple[float, float, float, float] | None:
    """Return the box (x, y, width, height) of an object; None if it has none.

    Raises:
        ValueError: if there is one that is not four numbers.
    """
    given = entry.get("bbox")
    if not given:
        return _span(_points(entry))
    box = tuple(float(value) for value in given)
    if len(box) != 4 or not all(math.isfinite(value) for value in box):
        raise ValueError(f"bbox {box} needs four numbers")
    return (box[0], box[1], box[2], box[3]) if box[2] > 0 and box[3] > 0 else _span(_points(entry))


def place_of(entry: dict[str, Any]) -> tuple[float, float] | None:
    """Return the centre (x, y) of an object: its only keypoint, else the middle of its box.

    Raises:
        ValueError: if a number of it is not finite.
    """
    points = _points(entry)
    if len(points) == 1 and len(entry["keypoints"]) == 3:
        return points[0]
    box = box_of(entry)
    return None if box is None else (box[0] + (box[2] - 1) / 2, box[1] + (box[3] - 1) / 2)


def _points(entry: dict[str, Any]) -> list[tuple[float, float]]:
    """Return the labelled keypoints; those of visibility 0 have no place."""
    numbers = [float(value) for value in entry.get("keypoints") or []]
    triples = zip(numbers[0::3], numbers[1::3], numbers[2::3], strict=False)
    points = [(x, y) for x, y, visibility in triples if visibility > 0]
    if not all(math.isfinite(value) for point in points for value in point):
        raise ValueError(f"keypoint {points} is not a place")
    return points


def _span(points: list[tuple[float, float]]) -> tuple[float, float, float, float] | None:
    """Return the box from the first to the last column and row of some points."""
    if not points:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1
