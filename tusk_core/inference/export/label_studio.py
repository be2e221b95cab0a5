"""Label Studio's JSON, to turn found keypoints into labels by hand, through sleap-io."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from tusk_core.atomic import replacing
from tusk_core.inference.export.packages import needed
from tusk_core.inference.export.skeleton import best_per_prototype, sleap_labels

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.inference.export.table import DetectionTable


def write_label_studio(table: DetectionTable, path: Path) -> list[str]:
    """Write the tasks of a Label Studio project with one instance a picture."""
    sio = needed("sleap_io", "pose", "Label Studio files")
    skeleton = best_per_prototype(table)
    labels = sleap_labels(table, skeleton)
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sio.save_labelstudio(labels, str(temporary))
    return ["Scores are left out.", *skeleton.sentence()]
