"""COCO: a data set with one annotation a detection, or the list of results with scores."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tusk_core import __version__
from tusk_core.atomic import write_text

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.inference.export.table import DetectionTable

# A keypoint has no extent, but readers refuse boxes without area.
_BOX = 1.0


def write_coco(table: DetectionTable, path: Path) -> list[str]:
    """Write a COCO keypoint data set: images, annotations with scores, categories.

    ``category_id`` is the prototype's index; each annotation has one keypoint.
    """
    images = _images(table)
    annotations = []
    for number, result in enumerate(_results(table), 1):
        x, y = result["keypoints"][:2]
        annotations.append(
            {
                "id": number,
                **result,
                "num_keypoints": 1,
                "bbox": [round(x - _BOX / 2, 3), round(y - _BOX / 2, 3), _BOX, _BOX],
                "area": _BOX * _BOX,
                "iscrowd": 0,
            }
        )
    categories = [
        {
            "id": index,
            "name": table.names[index],
            "supercategory": "prototype",
            "keypoints": ["centre"],
            "skeleton": [],
        }
        for index in table.shown
    ]
    info = {"description": f"Detections by TUSK {__version__}", **table.description()}
    content = {
        "info": info,
        "images": images,
        "annotations": annotations,
        "categories": categories,
    }
    _write(path, content)
    return ["Descriptors are not part of COCO; choose Parquet or HDF5 to keep them."]


def write_coco_results(table: DetectionTable, path: Path) -> list[str]:
    """Write the list that COCO evaluation servers take: image, category, keypoint, score."""
    _write(path, _results(table))
    lost = (
        "The results list has no picture names, prototype names or descriptors; image_id is the "
        "picture's place in the source, from 1, as in the COCO data set."
    )
    return [lost]


def _images(table: DetectionTable) -> list[dict[str, Any]]:
    analysis = table.analysis
    times = analysis.times
    frames = table.frame_numbers()
    is_video = table.is_video()
    out: list[dict[str, Any]] = []
    for index, name in enumerate(analysis.picture_names):
        width, height = (int(v) for v in analysis.picture_sizes[index])
        image = {"id": index + 1, "file_name": name, "width": width, "height": height}
        if is_video:
            image |= {"frame": int(frames[index]), "time_s": round(float(times[index]), 6)}
        out.append(image)
    return out


def _results(table: DetectionTable) -> list[dict[str, Any]]:
    analysis = table.analysis
    rows = zip(
        analysis.picture.tolist(),
        analysis.labels.tolist(),
        analysis.xy.tolist(),
        analysis.scores.tolist(),
        strict=True,
    )
    return [
        {
            "image_id": picture + 1,
            "category_id": label,
            "keypoints": [round(x, 3), round(y, 3), 2],
            "score": round(score, 6),
        }
        for picture, label, (x, y), score in rows
    ]


def _write(path: Path, content: object) -> None:
    write_text(path, json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")
