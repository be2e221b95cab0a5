"""NWB with the pose extension, for archives such as DANDI, through sleap-io."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from tusk_core.atomic import replacing
from tusk_core.inference.export.packages import ExportError, needed
from tusk_core.inference.export.skeleton import best_per_prototype, sleap_labels, video_file

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.inference.export.table import DetectionTable


def write_nwb(table: DetectionTable, path: Path) -> list[str]:
    """Write an NWB file of a video's keypoints.

    Raises:
        ExportError: if the detections are not of a video file that is there.
    """
    sio = needed("sleap_io", "pose", "NWB files")
    needed("ndx_pose", "pose", "NWB files")
    if video_file(table) is None:
        raise ExportError(
            f"NWB describes a recording, and {table.analysis.source} is no video file that is "
            "there. Export COCO, CSV or SLEAP for pictures."
        )
    skeleton = best_per_prototype(table)
    labels = sleap_labels(table, skeleton)
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = temporary.with_suffix(".nwb")
        try:
            sio.save_nwb(labels, str(whole))
            whole.replace(temporary)
        finally:
            whole.unlink(missing_ok=True)
    return skeleton.sentence()
