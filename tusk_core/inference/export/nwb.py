"""NWB with the pose extension, for archives such as DANDI."""

from __future__ import annotations

import datetime as dt
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core import __version__
from tusk_core.atomic import replacing
from tusk_core.inference.export.packages import ExportError, needed
from tusk_core.inference.export.skeleton import best_per_prototype, video_file

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.inference.export.skeleton import SkeletonTable
    from tusk_core.inference.export.table import DetectionTable

_FRAME = (
    "(x, y) in pixels of the video, x right, y down; (0, 0) is the centre of the top-left pixel"
)


def write_nwb(table: DetectionTable, path: Path) -> list[str]:
    """Write an NWB file of a video's keypoints: one series for each prototype, times in seconds.

    A frame that a prototype was not found in has NaN. The times are those of the video file.

    Raises:
        ExportError: if the detections are not of a video file that is there.
    """
    pynwb = needed("pynwb", "pose", "NWB files")
    needed("ndx_pose", "pose", "NWB files")
    video = video_file(table)
    if video is None:
        raise ExportError(
            f"NWB describes a recording, and {table.analysis.source} is no video file that is "
            "there. Export COCO, CSV or SLEAP for pictures."
        )
    skeleton = best_per_prototype(table)
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = temporary.with_suffix(".nwb")
        try:
            with pynwb.NWBHDF5IO(str(whole), "w") as file:
                file.write(_content(pynwb, table, skeleton, video))
            whole.replace(temporary)
        finally:
            whole.unlink(missing_ok=True)
    return skeleton.sentence()


def _content(pynwb: Any, table: DetectionTable, skeleton: SkeletonTable, video: Path) -> Any:
    pose = needed("ndx_pose", "pose", "NWB files")
    recorded = dt.datetime.fromtimestamp(video.stat().st_mtime, dt.UTC)
    content = pynwb.NWBFile(
        session_description=f"Keypoints found in {video.name}",
        identifier=f"{video.stem}-{table.analysis.model_fingerprint}",
        session_start_time=recorded,
    )
    nodes = pose.Skeleton(name="tusk", nodes=list(skeleton.nodes), edges=np.zeros((0, 2), np.uint8))
    sizes = table.analysis.picture_sizes
    estimation = pose.PoseEstimation(
        name="track=untracked",
        description=f"Keypoints found in {video.name}, the surest of each prototype",
        pose_estimation_series=_series(pose, table, skeleton),
        original_videos=[str(video)],
        dimensions=np.asarray(sizes[:1, ::-1], np.uint16),
        scorer=f"TUSK model {table.analysis.model_fingerprint}",
        source_software="TUSK",
        source_software_version=__version__,
        skeleton=nodes,
    )
    behaviour = content.create_processing_module("behavior", "skeleton of the keypoints")
    behaviour.add(pose.Skeletons(skeletons=[nodes]))
    # sleap-io finds a video's keypoints by this name of their module.
    module = content.create_processing_module(f"SLEAP_VIDEO_000_{video.stem}", "keypoints by TUSK")
    module.add(estimation)
    return content


def _series(pose: Any, table: DetectionTable, skeleton: SkeletonTable) -> list[Any]:
    times: Any = np.asarray(table.analysis.times, np.float64)
    out: list[Any] = []
    for column, node in enumerate(skeleton.nodes):
        series = pose.PoseEstimationSeries(
            name=node.replace("/", "_").replace(":", "_"),
            description=f"places of {node}",
            data=skeleton.xy[:, column],
            unit="pixels",
            reference_frame=_FRAME,
            # The second and later series refer to the times of the first.
            timestamps=times if not out else out[0],
            confidence=skeleton.scores[:, column],
            confidence_definition="score of the keypoint, 0 to 1",
        )
        out.append(series)
    return out
