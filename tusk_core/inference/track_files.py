"""Tracks in a results file: group ``tracks`` beside the detections; nothing else knows its layout.

``tracks/individual`` (N,) int32 and ``tracks/margin`` (N,) float32, one entry for each detection,
and the text ``tracks/about``, JSON with names, links, settings and what made them. Programs that
know nothing of tracks read the file as before.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.results import SourceError
from tusk_core.tracks import Tracks

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

INDIVIDUAL, MARGIN, ABOUT = "tracks/individual", "tracks/margin", "tracks/about"
_CHUNK = 65_536


def about_text(tracks: Tracks, job: str = "") -> str:
    """Return what is said about tracks, as JSON.

    Args:
        tracks: to describe.
        job: what made them, to know it again.
    """
    return json.dumps(
        {
            "names": list(tracks.names),
            "links": [list(link) for link in tracks.links],
            "settings": json.loads(tracks.settings),
            "over_time": tracks.over_time,
            "locked": sorted(tracks.locked),
            "job": job,
        },
        ensure_ascii=False,
    )


def arrays_of(tracks: Tracks) -> dict[str, NDArray[Any]]:
    """Return tracks as named arrays, for NPZ."""
    return {
        INDIVIDUAL: tracks.individuals.astype(np.int32),
        MARGIN: tracks.margins.astype(np.float32),
        ABOUT: np.array(about_text(tracks)),
    }


def make_datasets(file: Any, count: int) -> None:
    """Make the data sets of ``count`` detections in an open HDF5 file, to be filled in."""
    chunks = (min(_CHUNK, max(1, count)),)
    options = {"shape": (count,), "chunks": chunks, "compression": "gzip", "compression_opts": 1}
    file.create_dataset(INDIVIDUAL, dtype="int32", **options)
    file.create_dataset(MARGIN, dtype="float32", **options)


def write_tracks(file: Any, tracks: Tracks) -> None:
    """Write tracks into an open HDF5 file that holds their detections."""
    make_datasets(file, len(tracks.individuals))
    if len(tracks.individuals):
        file[INDIVIDUAL][:] = tracks.individuals
        file[MARGIN][:] = tracks.margins
    file[ABOUT] = about_text(tracks)


def tracks_of(path: Path, file: Any, count: int) -> Tracks | None:
    """Return the tracks in an open file of ``count`` detections; None where there are none.

    Raises:
        SourceError: if they are damaged.
    """
    if INDIVIDUAL not in file:
        return None
    try:
        individuals = np.asarray(file[INDIVIDUAL][()], np.int32)
        margins = np.asarray(file[MARGIN][()], np.float32)
        about = json.loads(_text(file[ABOUT][()]))
        names = tuple(str(name) for name in about["names"])
        _check(individuals, margins, count, len(names))
        return Tracks(
            individuals,
            margins,
            names,
            tuple((int(one), int(other)) for one, other in about["links"]),
            json.dumps(about["settings"]),
            bool(about["over_time"]),
            frozenset(int(one) for one in about["locked"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError, OSError) as error:
        raise SourceError(
            f"The tracks in {path} are damaged. Track the video again with `tusk track`."
        ) from error


def _check(
    individuals: NDArray[np.int32], margins: NDArray[np.float32], count: int, num_names: int
) -> None:
    if not (individuals.shape == margins.shape == (count,)):
        raise ValueError("lengths")
    if count and not (individuals.min() >= -1 and individuals.max() < num_names):
        raise ValueError("numbers")


def job_of(file: Any) -> str:
    """Return what made the tracks in an open file; empty where that is not known."""
    try:
        return str(json.loads(_text(file[ABOUT][()])).get("job", ""))
    except (KeyError, ValueError, AttributeError):
        return ""


def _text(value: Any) -> str:
    plain = value.item() if isinstance(value, np.ndarray | np.generic) else value
    return plain.decode("utf-8") if isinstance(plain, bytes) else str(plain)
