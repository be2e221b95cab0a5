"""movement: an xarray data set of poses as netCDF, with true times.

The layout is that of the package movement: ``position`` (time, space, keypoints, individuals) and
``confidence`` (time, keypoints, individuals). ``xarray.load_dataset`` opens it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.atomic import replacing
from tusk_core.inference.export.individuals import pose_table

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.inference.export.table import DetectionTable


def write_movement(table: DetectionTable, path: Path) -> list[str]:
    """Write poses as netCDF in the layout of movement."""
    from scipy.io import netcdf_file  # noqa: PLC0415 - slow to import

    poses = pose_table(table)
    analysis = table.analysis
    xy, scores = poses.dense(len(analysis.picture_names))
    is_video = table.is_video()
    times = analysis.times if is_video else np.arange(len(analysis.picture_names), dtype=float)
    names = poses.names if poses.is_tracked else ("individual_0",)
    with replacing(path) as temporary, netcdf_file(str(temporary), "w", version=2) as file:
        for name, size in (
            ("time", len(times)),
            ("space", 2),
            ("keypoints", len(poses.nodes)),
            ("individuals", len(names)),
        ):
            file.createDimension(name, size)
        _numbers(file, "time", ("time",), times)
        _texts(file, "space", ("x", "y"))
        _texts(file, "keypoints", poses.nodes)
        _texts(file, "individuals", names)
        inner = ("keypoints", "individuals")
        _numbers(file, "position", ("time", "space", *inner), xy.transpose(1, 3, 2, 0))
        _numbers(file, "confidence", ("time", *inner), scores.transpose(1, 2, 0))
        for name, value in _facts(analysis.source, times, is_video=is_video).items():
            setattr(file, name, value)
    return list(poses.lost)


def _facts(source: str, times: NDArray[np.float64], *, is_video: bool) -> dict[str, str | float]:
    facts: dict[str, str | float] = {
        "ds_type": "poses",
        "source_software": "TUSK",
        "source_file": source,
        "time_unit": "seconds" if is_video else "frames",
    }
    steps = np.diff(times)
    if is_video and len(steps) and np.median(steps) > 0:
        facts["fps"] = float(1 / np.median(steps))
    return facts


def _numbers(
    file: Any, name: str, dimensions: tuple[str, ...], values: NDArray[np.float64]
) -> None:
    variable = file.createVariable(name, "d", dimensions)
    if values.size:
        variable[:] = values


def _texts(file: Any, name: str, texts: tuple[str, ...]) -> None:
    """Write names as characters, the way xarray reads them back as text."""
    encoded = [text.encode("utf-8") for text in texts]
    width = max([1, *map(len, encoded)])
    length = f"{name}_length"
    file.createDimension(length, width)
    variable = file.createVariable(name, "c", (name, length))
    variable._Encoding = "utf-8"  # noqa: SLF001 - the name that xarray looks for
    for row, text in enumerate(encoded):
        padded = text.ljust(width, b"\0")
        variable[row] = np.frombuffer(padded, "S1")
