"""COCO: a data set with one annotation a detection, or the list of results with scores."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core import __version__
from tusk_core.atomic import write_text
from tusk_core.inference.export.individuals import pose_table

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.inference.export.individuals import PoseTable
    from tusk_core.inference.export.table import DetectionTable

# A keypoint has no extent, but readers refuse boxes without area.
_BOX = 1.0


def write_coco(table: DetectionTable, path: Path) -> list[str]:
    """Write a COCO keypoint data set: images, annotations with scores, categories.

    ``category_id`` is the prototype's index; each annotation has one keypoint. Where individuals
    are known, each has one annotation a picture with all its keypoints, and a ``track_id`` where
    they are followed over time.
    """
    if table.analysis.tracks is not None:
        return _write_individuals(table, path)
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


def _write_individuals(table: DetectionTable, path: Path) -> list[str]:
    poses = pose_table(table)
    annotations = [_individual(poses, row) for row in range(len(poses.picture))]
    category = {
        "id": 0,
        "name": "individual",
        "supercategory": "individual",
        "keypoints": list(poses.nodes),
        "skeleton": (poses.edges + 1).tolist(),
    }
    info = {
        "description": f"Individuals by TUSK {__version__}",
        **table.description(),
        "individuals": list(poses.names),
    }
    content = {
        "info": info,
        "images": _images(table),
        "annotations": annotations,
        "categories": [category],
    }
    _write(path, content)
    return [*poses.pointlike(), *poses.lost]


def _individual(poses: PoseTable, row: int) -> dict[str, Any]:
    found = np.isfinite(poses.scores[row])
    low, high = poses.xy[row][found].min(axis=0), poses.xy[row][found].max(axis=0)
    size = np.maximum(high - low, _BOX)
    corner = (low + high) / 2 - size / 2
    places = np.nan_to_num(poses.xy[row]).round(3).tolist()
    keypoints = [v for (x, y), seen in zip(places, found, strict=True) for v in (x, y, 2 * seen)]
    annotation: dict[str, Any] = {
        "id": row + 1,
        "image_id": int(poses.picture[row]) + 1,
        "category_id": 0,
        "keypoints": [float(v) if v % 1 else int(v) for v in keypoints],
        "num_keypoints": int(found.sum()),
        "score": round(float(poses.scores[row][found].mean()), 6),
        "keypoint_scores": np.nan_to_num(poses.scores[row]).round(6).tolist(),
        "bbox": np.concatenate([corner, size]).round(3).tolist(),
        "area": round(float(size.prod()), 3),
        "iscrowd": 0,
    }
    if poses.over_time:
        annotation["track_id"] = int(poses.individual[row]) + 1
        annotation["track_name"] = poses.names[int(poses.individual[row])]
    return annotation


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
