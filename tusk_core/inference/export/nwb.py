"""NWB with the pose extension, for archives such as DANDI."""

from __future__ import annotations

import datetime as dt
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core import __version__
from tusk_core.atomic import replacing
from tusk_core.inference.export.individuals import pose_table
from tusk_core.inference.export.packages import ExportError, needed
from tusk_core.inference.export.skeleton import video_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.inference.export.individuals import PoseTable
    from tusk_core.inference.export.table import DetectionTable

_FRAME = (
    "(x, y) in pixels of the video, x right, y down; (0, 0) is the centre of the top-left pixel"
)


def write_nwb(table: DetectionTable, path: Path) -> list[str]:
    """Write an NWB file of a video's keypoints: a pose for each individual, times in seconds.

    It holds a series for each prototype; a frame that it was not found in has NaN. The times are
    those of the video file.

    Raises:
        ExportError: if the detections are not of a video file that is there.
    """
    pynwb = needed("pynwb", "pose", "NWB files")
    needed("ndx_pose", "pose", "NWB files")
    video = video_file(table)
    if video is None:
        raise ExportError(
            f"NWB describes a recording, and {table.analysis.source} is not a video file that is "
            "there. Export COCO, CSV or SLEAP for pictures."
        )
    poses = pose_table(table)
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = temporary.with_suffix(".nwb")
        try:
            with pynwb.NWBHDF5IO(str(whole), "w") as file:
                file.write(_content(pynwb, table, poses, video))
            whole.replace(temporary)
        finally:
            whole.unlink(missing_ok=True)
    return list(poses.lost)


def _content(pynwb: Any, table: DetectionTable, poses: PoseTable, video: Path) -> Any:
    pose = needed("ndx_pose", "pose", "NWB files")
    recorded = dt.datetime.fromtimestamp(video.stat().st_mtime, dt.UTC)
    content = pynwb.NWBFile(
        session_description=f"Keypoints found in {video.name}",
        identifier=f"{video.stem}-{table.analysis.model_fingerprint}",
        session_start_time=recorded,
    )
    edges = np.asarray(poses.edges, np.uint8)
    nodes = pose.Skeleton(name="tusk", nodes=list(poses.nodes), edges=edges)
    behaviour = content.create_processing_module("behavior", "skeleton of the keypoints")
    behaviour.add(pose.Skeletons(skeletons=[nodes]))
    # sleap-io finds a video's keypoints by this name of their module.
    module = content.create_processing_module(f"SLEAP_VIDEO_000_{video.stem}", "keypoints by TUSK")
    for estimation in _estimations(pose, table, poses, video, nodes):
        module.add(estimation)
    return content


def _estimations(
    pose: Any, table: DetectionTable, poses: PoseTable, video: Path, nodes: Any
) -> Iterator[Any]:
    """Yield one estimation for each individual, or one in all where nobody was tracked."""
    analysis = table.analysis
    xy, scores = poses.dense(len(analysis.picture_names))
    about = "of one individual" if poses.is_tracked else "the surest of each prototype"
    for number, name in enumerate(poses.names):
        yield pose.PoseEstimation(
            # sleap-io finds individuals by this beginning of their names.
            name=f"track={_plain(name) or 'untracked'}",
            description=f"Keypoints found in {video.name}, {about}",
            pose_estimation_series=_series(pose, table, poses.nodes, xy[number], scores[number]),
            original_videos=[str(video)],
            dimensions=np.asarray(analysis.picture_sizes[:1, ::-1], np.uint16),
            scorer=f"TUSK model {analysis.model_fingerprint}",
            source_software="TUSK",
            source_software_version=__version__,
            skeleton=nodes,
        )


def _plain(name: str) -> str:
    return name.replace("/", "_").replace(":", "_")


def _series(
    pose: Any,
    table: DetectionTable,
    nodes: tuple[str, ...],
    xy: NDArray[np.float64],
    scores: NDArray[np.float64],
) -> list[Any]:
    times: Any = np.asarray(table.analysis.times, np.float64)
    out: list[Any] = []
    for column, node in enumerate(nodes):
        series = pose.PoseEstimationSeries(
            name=_plain(node),
            description=f"places of {node}",
            data=xy[:, column],
            unit="pixels",
            reference_frame=_FRAME,
            # The second and later series refer to the times of the first.
            timestamps=times if not out else out[0],
            confidence=scores[:, column],
            confidence_definition="score of the keypoint, 0 to 1",
        )
        out.append(series)
    return out
