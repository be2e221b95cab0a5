"""keypoint-MoSeq: a folder with a DeepLabCut CSV for each individual, and what to set.

``keypoint_moseq.load_keypoints(folder, "deeplabcut")`` reads it: the name of a file becomes the
name of a recording, which keypoint-MoSeq models one by one.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.atomic import filling, write_text
from tusk_core.inference.export.deeplabcut import dlc_text
from tusk_core.inference.export.individuals import pose_table, unique_texts
from tusk_core.inference.export.packages import ExportError
from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.inference.export.individuals import PoseTable
    from tusk_core.inference.export.table import DetectionTable


def write_moseq(table: DetectionTable, path: Path) -> list[str]:
    """Write a folder that keypoint-MoSeq loads.

    Raises:
        ExportError: if the detections are not of a video.
    """
    from pathlib import PurePath  # noqa: PLC0415 - beside its only use

    if not table.is_video():
        raise ExportError(
            f"keypoint-MoSeq models movement, and {table.analysis.source} is not a video. Export "
            "CSV for pictures."
        )
    poses = pose_table(table)
    xy, scores = poses.dense(len(table.analysis.picture_names))
    values = np.concatenate([xy, scores[..., None]], axis=3)
    stem = _plain(PurePath(path_text(table.analysis.source)).stem) or "video"
    labels = unique_texts(tuple(_plain(name) for name in poses.names))
    with filling(path) as folder:
        for number, name in enumerate(labels):
            own = values[number].reshape(len(values[number]), -1)
            label = f"{stem}-{name}" if name else stem
            write_text(folder / f"{label}.csv", dlc_text(table, poses, own, None))
        settings = json.dumps(_settings(table, poses), indent=1)
        write_text(folder / "tusk-config.json", settings + "\n")
    return list(poses.lost)


def _settings(table: DetectionTable, poses: PoseTable) -> dict[str, object]:
    """Return what ``keypoint_moseq.update_config`` takes."""
    steps = np.diff(table.analysis.times)
    rate = 1 / float(np.median(steps)) if len(steps) and np.median(steps) > 0 else 0.0
    return {
        "bodyparts": list(poses.nodes),
        "use_bodyparts": list(poses.nodes),
        "skeleton": [[poses.nodes[one], poses.nodes[other]] for one, other in poses.edges.tolist()],
        "fps": round(rate, 4),
    }


def _plain(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text).strip("_.")
