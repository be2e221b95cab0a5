"""Label Studio's JSON, to turn found keypoints into labels by hand, through sleap-io."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from tusk_core.atomic import replacing
from tusk_core.inference.export.individuals import pose_table
from tusk_core.inference.export.packages import needed
from tusk_core.inference.export.sleap import sleap_labels

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.inference.export.table import DetectionTable


def write_label_studio(table: DetectionTable, path: Path) -> list[str]:
    """Write the tasks of a Label Studio project with everyone in each picture."""
    sio = needed("sleap_io", "pose", "Label Studio files")
    poses = pose_table(table)
    labels = sleap_labels(table, poses)
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sio.save_labelstudio(labels, str(temporary))
    return ["Scores are left out.", *poses.lost]
