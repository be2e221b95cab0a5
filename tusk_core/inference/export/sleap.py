"""SLEAP: a ``.slp`` project of predictions, through sleap-io."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from tusk_core.atomic import replacing
from tusk_core.inference.export.packages import needed
from tusk_core.inference.export.skeleton import best_per_prototype, sleap_labels

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.inference.export.table import DetectionTable


def write_slp(table: DetectionTable, path: Path) -> list[str]:
    """Write a SLEAP file with one instance a picture and one node a prototype."""
    sio = needed("sleap_io", "pose", "SLEAP files")
    skeleton = best_per_prototype(table)
    labels = sleap_labels(table, skeleton)
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sio.save_slp(labels, str(temporary), verbose=False)
    return skeleton.sentence()
