"""SLEAP: a ``.slp`` project of predictions, through sleap-io."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.atomic import replacing
from tusk_core.inference.export.individuals import pose_table
from tusk_core.inference.export.packages import needed
from tusk_core.inference.export.skeleton import sleap_video, video_file

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.inference.export.individuals import PoseTable
    from tusk_core.inference.export.table import DetectionTable


def write_slp(table: DetectionTable, path: Path) -> list[str]:
    """Write a SLEAP file: an instance for everyone, tracks where individuals are followed."""
    sio = needed("sleap_io", "pose", "SLEAP files")
    poses = pose_table(table)
    labels = sleap_labels(table, poses)
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sio.save_slp(labels, str(temporary), verbose=False)
    return list(poses.lost)


def sleap_labels(table: DetectionTable, poses: PoseTable) -> Any:
    """Return ``sleap_io.Labels`` with a predicted instance for everyone in each picture.

    Raises:
        ExportError: if sleap-io is not installed.
    """
    sio = needed("sleap_io", "pose", "SLEAP and Label Studio files")
    nodes = list(poses.nodes)
    edges = [(nodes[one], nodes[other]) for one, other in poses.edges.tolist()]
    skeleton = sio.Skeleton(nodes=nodes, edges=edges, name="tusk")
    video = sleap_video(sio, table)
    names = poses.names if poses.is_tracked and poses.over_time else ()
    tracks = [sio.Track(name=name) for name in names]
    count = len(table.analysis.picture_names)
    frames = table.frame_numbers() if video_file(table) else np.arange(count)
    labelled = []
    for picture, frame in enumerate(frames.tolist()):
        instances = []
        for row in poses.rows_of(picture):
            scores = poses.scores[row]
            found = np.isfinite(scores)
            instance = sio.PredictedInstance.from_numpy(
                poses.xy[row],
                skeleton=skeleton,
                point_scores=np.where(found, scores, 0.0),
                score=float(scores[found].mean()),
            )
            if tracks:
                instance.track = tracks[int(poses.individual[row])]
                instance.tracking_score = float(np.nan_to_num(poses.margins[row], nan=1.0))
            instances.append(instance)
        labelled.append(sio.LabeledFrame(video=video, frame_idx=int(frame), instances=instances))
    return sio.Labels(labeled_frames=labelled, videos=[video], skeletons=[skeleton], tracks=tracks)
