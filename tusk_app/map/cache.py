"""Maps kept on disk, by model, pictures and settings, so that none is made twice."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from dataclasses import astuple
from typing import TYPE_CHECKING

import numpy as np

from tusk_core import atomic
from tusk_core.results import EmbeddingMap

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.map.model import MapSettings
    from tusk_core.results import Analysis

log = logging.getLogger(__name__)

MAX_FILES = 200


def map_path(folder: Path, analysis: Analysis, settings: MapSettings) -> Path:
    """Return where the map of these detections with these settings is kept."""
    digest = hashlib.sha256()
    digest.update(repr((analysis.model_fingerprint, analysis.source, astuple(settings))).encode())
    digest.update(np.int64(len(analysis.labels)).tobytes())
    step = max(1, len(analysis.labels) // 256)
    digest.update(np.ascontiguousarray(analysis.xy[::step]).tobytes())
    digest.update(np.ascontiguousarray(analysis.descriptors[::step]).tobytes())
    return folder / f"{settings.method}_{digest.hexdigest()[:24]}.npz"


def load_map(path: Path) -> EmbeddingMap | None:
    """Return a kept map; None if there is none or it cannot be read."""
    try:
        # Opened here, because numpy leaves a spoilt file open.
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            return EmbeddingMap(
                method=str(file["method"]),
                points=file["points"].astype(np.float32),
                indices=file["indices"].astype(np.int64),
                prototypes=file["prototypes"].astype(np.float32),
                seconds=float(file["seconds"]),
            )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        log.warning("the kept map %s cannot be read and is made again", path)
        return None


def save_map(path: Path, embedding: EmbeddingMap) -> None:
    """Keep a map; a full disk is only logged, because the map is on screen already."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                method=np.array(embedding.method),
                points=embedding.points,
                indices=embedding.indices,
                prototypes=embedding.prototypes,
                seconds=np.array(embedding.seconds),
            )
        _drop_oldest(path.parent)
    except OSError as error:
        log.warning("the map cannot be kept in %s: %s", path, error)


def _drop_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.npz"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[MAX_FILES:]:
        file.unlink(missing_ok=True)
