"""One row a detection: CSV and Parquet, with a JSON side-car that explains the columns."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.atomic import filling, write_text
from tusk_core.inference.export.packages import needed

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.inference.export.table import DetectionTable
    from tusk_core.tracks import Tracks

COLUMNS: dict[str, str] = {
    "image": "picture, relative to the source",
    "frame": "number of the frame or picture, from 0",
    "time_s": "seconds from the start of the video; empty for pictures",
    "det": "number of the detection in its picture, from 0, by falling score",
    "x": "pixels to the right",
    "y": "pixels down",
    "score": "0 to 1",
    "prototype": "index of the prototype",
    "prototype_name": "its name",
    "individual": "number of the individual, from 0; empty for none",
    "individual_name": "its name",
    "margin": "how much worse the next best assignment was, 0 to 1",
    "true_class": "ground-truth class at that place, where the source has ground truth",
}


def tidy_columns(table: DetectionTable) -> dict[str, list[Any]]:
    """Return the columns as plain lists, one entry a detection."""
    analysis = table.analysis
    picture = analysis.picture
    times = analysis.times[picture]
    columns: dict[str, list[Any]] = {
        "image": [analysis.picture_names[i] for i in picture.tolist()],
        "frame": table.frame_numbers()[picture].tolist(),
        "time_s": [round(t, 6) if np.isfinite(t) else None for t in times.tolist()],
        "det": _numbers_within(picture).tolist(),
        "x": [round(v, 3) for v in analysis.xy[:, 0].tolist()],
        "y": [round(v, 3) for v in analysis.xy[:, 1].tolist()],
        "score": [round(v, 6) for v in analysis.scores.tolist()],
        "prototype": analysis.labels.tolist(),
        "prototype_name": [table.names[i] for i in analysis.labels.tolist()],
    }
    if analysis.tracks is not None:
        columns |= _who(analysis.tracks)
    if analysis.class_names:
        names = (*analysis.class_names, None)
        columns["true_class"] = [
            names[c] if -1 <= c < len(names) - 1 else None for c in analysis.classes.tolist()
        ]
    return columns


def _who(tracks: Tracks) -> dict[str, list[Any]]:
    who, names = tracks.individuals.tolist(), (*tracks.names, None)
    margins = tracks.margins.tolist()
    return {
        "individual": [one if one >= 0 else None for one in who],
        "individual_name": [names[one] for one in who],
        "margin": [round(value, 4) if np.isfinite(value) else None for value in margins],
    }


def _numbers_within(picture: NDArray[np.int32]) -> NDArray[np.int64]:
    """Number the rows of each picture from 0; rows of a picture are adjacent."""
    if not len(picture):
        return np.zeros(0, np.int64)
    starts = np.flatnonzero(np.r_[True, picture[1:] != picture[:-1]])
    lengths = np.diff(np.r_[starts, len(picture)])
    return np.arange(len(picture)) - np.repeat(starts, lengths)


def write_csv(table: DetectionTable, path: Path) -> list[str]:
    """Write a CSV with a header row, UTF-8, comma, dot; and ``FILE.csv.json`` beside it."""
    columns = tidy_columns(table)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    with filling(path.parent) as folder:
        write_text(folder / path.name, buffer.getvalue())
        _write_sidecar(table, folder / path.name, list(columns))
    return ["CSV leaves out descriptors; choose Parquet or HDF5 to keep them."]


def write_parquet(table: DetectionTable, path: Path) -> list[str]:
    """Write a Parquet table with the descriptors, and its side-car in the file and beside it."""
    pa = needed("pyarrow", "parquet", "Parquet files")
    parquet = needed("pyarrow.parquet", "parquet", "Parquet files")
    columns = tidy_columns(table)
    arrays: dict[str, Any] = {
        "image": pa.array(columns["image"], pa.string()),
        "frame": pa.array(columns["frame"], pa.int64()),
        "time_s": pa.array(columns["time_s"], pa.float64()),
        "det": pa.array(columns["det"], pa.int32()),
        "x": pa.array(table.analysis.xy[:, 0], pa.float32()),
        "y": pa.array(table.analysis.xy[:, 1], pa.float32()),
        "score": pa.array(table.analysis.scores, pa.float32()),
        "prototype": pa.array(columns["prototype"], pa.int32()),
        "prototype_name": pa.array(columns["prototype_name"], pa.string()),
    }
    if "individual" in columns:
        arrays["individual"] = pa.array(columns["individual"], pa.int32())
        arrays["individual_name"] = pa.array(columns["individual_name"], pa.string())
        arrays["margin"] = pa.array(columns["margin"], pa.float32())
    if "true_class" in columns:
        arrays["true_class"] = pa.array(columns["true_class"], pa.string())
    descriptors = table.analysis.descriptors.astype(np.float32)
    arrays["descriptor"] = pa.FixedSizeListArray.from_arrays(
        pa.array(descriptors.ravel(), pa.float32()), max(1, descriptors.shape[1])
    )
    note = json.dumps(_sidecar(table, list(arrays)), ensure_ascii=False).encode()
    content = pa.table(arrays).replace_schema_metadata({"tusk": note})
    with filling(path.parent) as folder:
        parquet.write_table(content, folder / path.name, compression="zstd")
        _write_sidecar(table, folder / path.name, list(arrays))
    return []


def _sidecar(table: DetectionTable, columns: list[str]) -> dict[str, Any]:
    meaning = {**COLUMNS, "descriptor": "unit vector that describes the keypoint"}
    return {**table.description(), "columns": {name: meaning[name] for name in columns}}


def _write_sidecar(table: DetectionTable, path: Path, columns: list[str]) -> None:
    text = json.dumps(_sidecar(table, columns), indent=1, ensure_ascii=False)
    write_text(path.with_name(path.name + ".json"), text + "\n")
