"""HDF5: the program's own results file, and the layout of the hloc toolbox."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.atomic import replacing, write_bytes
from tusk_core.inference.analysis_files import header_of, write_hdf5, write_npz
from tusk_core.inference.export.packages import needed

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.inference.export.table import DetectionTable


def write_results(table: DetectionTable, path: Path) -> list[str]:
    """Write a results file that this program opens again; merges and hidings are applied."""
    content = io.BytesIO()  # a full disk then meets one plain write
    write_hdf5(table.analysis, content, _note(table))
    write_bytes(path, content.getvalue())
    return []


def write_npz_results(table: DetectionTable, path: Path) -> list[str]:
    """Write the same as NPZ, which needs no other package than NumPy."""
    with replacing(path) as temporary:
        write_npz(table.analysis, header_of(table.analysis, _note(table)), temporary)
    return []


def _note(table: DetectionTable) -> str:
    return json.dumps({"prototype_names": {str(i): table.names[i] for i in table.shown}})


def write_hloc(table: DetectionTable, path: Path) -> list[str]:
    """Write ``features.h5`` as hloc does: a group a picture with keypoints and descriptors.

    ``keypoints`` (N, 2) float32, ``descriptors`` (C, N) float16, ``scores`` (N,) float16 and
    ``image_size`` (2,); the centre of the top-left pixel is (0, 0), as hloc keeps it.
    """
    h5py = needed("h5py", "", "HDF5 files")
    analysis = table.analysis
    content = io.BytesIO()  # a full disk then meets one plain write
    with h5py.File(content, "w") as file:
        for index, name in enumerate(analysis.picture_names):
            rows = table.rows_of(index)
            group = file.create_group(name)
            group["keypoints"] = analysis.xy[rows]
            group["descriptors"] = analysis.descriptors[rows].T
            group["scores"] = analysis.scores[rows].astype(np.float16)
            group["image_size"] = analysis.picture_sizes[index]
            group["labels"] = analysis.labels[rows]
    write_bytes(path, content.getvalue())
    return ["hloc has no prototypes; they are added as `labels`, which it ignores."]
