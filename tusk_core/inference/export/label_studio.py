"""Label Studio's JSON, to turn found keypoints into labels by hand.

A task is one picture with its keypoints as an annotation; individuals are boxes that their points
are related to. Places are per cent of the picture's sides, so that 100 % is its width or height in
pixels, as Label Studio's own exports and sleap-io count them. Label Studio shows pictures of its
own machine below one folder, and only kinds that a browser shows; frames of videos, pages and other
kinds are therefore written as PNG beside the tasks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import numpy as np

from tusk_core import __version__
from tusk_core.atomic import filling, write_text
from tusk_core.data.pictures import put_picture
from tusk_core.inference.export.individuals import pose_table
from tusk_core.inference.file_names import unique_stems
from tusk_core.inference.originals import (
    original_pictures,
    picture_paths,
    refuse_overwriting,
)
from tusk_core.results import SourceError
from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from tusk_core.inference.export.individuals import PoseTable
    from tusk_core.inference.export.table import DetectionTable

_SHOWN_BY_BROWSERS = frozenset({".png", ".apng", ".jpg", ".jpeg", ".jfif", ".gif", ".webp", ".bmp"})
_URL = "/data/local-files/?d="
_POINT_WIDTH = 0.5


def write_label_studio(table: DetectionTable, path: Path) -> list[str]:
    """Write the tasks of a Label Studio project, and its labelling set-up as ``FILE.xml``.

    Raises:
        SourceError: if pictures must be written and are no longer there, or would be written over.
    """
    poses = pose_table(table)
    with filling(path.parent) as folder:
        root, places = _pictures(table, path, folder)
        tasks = [_task(table, poses, row, place) for row, place in enumerate(places)]
        write_text(folder / path.name, json.dumps(tasks, indent=1, ensure_ascii=False) + "\n")
        write_text(folder / path.with_suffix(".xml").name, _set_up(poses))
    start = (
        "Start Label Studio with LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true and "
        f"LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT={root}, and give the project the set-up in "
        f"{path.with_suffix('.xml').name}."
    )
    return ["Scores are left out.", start, *poses.lost]


def _pictures(table: DetectionTable, path: Path, beside: Path) -> tuple[Path, list[str]]:
    """Return the folder that Label Studio serves, and each picture's place below it.

    Args:
        table: of the pictures.
        path: of the tasks.
        beside: where pictures that a browser cannot show are written.
    """
    analysis = table.analysis
    names = analysis.picture_names
    known = [Path(text) for text in picture_paths(analysis)]
    if all(p.suffix.lower() in _SHOWN_BY_BROWSERS and p.is_file() for p in known):
        source = Path(path_text(analysis.source)).resolve()
        return (source if source.is_dir() else source.parent), list(names)
    folder = beside / f"{path.stem}_pictures"
    folder.mkdir()
    stems = unique_stems(names)
    refuse_overwriting(analysis, path.with_name(folder.name), (f"{stem}.png" for stem in stems))
    for row, picture, _ in original_pictures(analysis):
        if isinstance(picture, SourceError):
            raise picture
        put_picture(folder / f"{stems[row]}.png", picture)
    return path.parent.resolve(), [f"{folder.name}/{stem}.png" for stem in stems]


def _task(table: DetectionTable, poses: PoseTable, row: int, place: str) -> dict[str, Any]:
    analysis = table.analysis
    width, height = (int(side) for side in analysis.picture_sizes[row])
    result: list[dict[str, Any]] = []
    for instance in poses.rows_of(row):
        result += _instance(poses, instance, row, (width, height))
    video = {
        "filename": place,
        "frame_idx": int(table.frame_numbers()[row]) if table.is_video() else 0,
        "shape": [1, height, width, 3],
    }
    return {
        "id": row + 1,
        "data": {"image": _URL + quote(place), "name": analysis.picture_names[row]},
        "meta": {"program": f"TUSK {__version__}", "video": video},  # sleap-io asks for the latter
        "annotations": [{"result": result}],
    }


def _instance(
    poses: PoseTable, instance: int, row: int, size: tuple[int, int]
) -> list[dict[str, Any]]:
    """Return the points of one individual, its box, and what relates them."""
    shares = poses.xy[instance] / size * 100
    found = np.flatnonzero(np.isfinite(shares).all(axis=1))
    common = {"original_width": size[0], "original_height": size[1], "image_rotation": 0}
    who = int(poses.individual[instance])
    points = [
        {
            **common,
            "id": f"p{row}-{who}-{node}",
            "from_name": "keypoint",
            "to_name": "image",
            "type": "keypointlabels",
            "value": {
                "x": round(float(shares[node, 0]), 6),
                "y": round(float(shares[node, 1]), 6),
                "width": _POINT_WIDTH,
                "keypointlabels": [poses.nodes[node]],
            },
        }
        for node in found.tolist()
    ]
    if not poses.is_tracked or not len(found):
        return points
    low, high = shares[found].min(axis=0), shares[found].max(axis=0)
    box = {
        **common,
        "id": f"i{row}-{who}",
        "from_name": "individual",
        "to_name": "image",
        "type": "rectanglelabels",
        "value": {
            "x": round(float(low[0]), 6),
            "y": round(float(low[1]), 6),
            "width": round(float(high[0] - low[0]), 6),
            "height": round(float(high[1] - low[1]), 6),
            "rotation": 0,
            "rectanglelabels": [poses.names[who]],
        },
    }
    relations = [
        {"type": "relation", "from_id": box["id"], "to_id": point["id"], "direction": "right"}
        for point in points
    ]
    return [box, *points, *relations]


def _set_up(poses: PoseTable) -> str:
    labels = "".join(f"    <Label value={quoteattr(node)}/>\n" for node in poses.nodes)
    names = poses.names if poses.is_tracked else ()
    boxes = "".join(f"    <Label value={quoteattr(name)}/>\n" for name in names)
    individuals = (
        f'  <RectangleLabels name="individual" toName="image">\n{boxes}  </RectangleLabels>\n'
    )
    return (
        '<View>\n  <Image name="image" value="$image"/>\n'
        f'  <KeyPointLabels name="keypoint" toName="image">\n{labels}  </KeyPointLabels>\n'
        f"{individuals if names else ''}</View>\n"
    )
