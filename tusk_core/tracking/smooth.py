"""Places without jitter: a Savitzky-Golay filter over time (A. Savitzky, M. Golay, 1964)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tusk_core.results import TuskError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.results import Analysis
    from tusk_core.tracks import Tracks


def smoothed(
    analysis: Analysis, tracks: Tracks, *, window: int, degree: int = 2
) -> NDArray[np.float32]:
    """Return the places (N, 2) after smoothing each keypoint of each individual over time.

    A stretch without a gap is filtered on its own; those shorter than ``window`` stay as found,
    and so does what belongs to nobody.

    Args:
        analysis: detections.
        tracks: who they are.
        window: frames, odd, more than ``degree``.
        degree: of the polynomial.

    Raises:
        TuskError: if window and degree do not fit.
    """
    from scipy.signal import savgol_filter  # noqa: PLC0415 - slow to import

    if window % 2 == 0 or window <= degree:
        raise TuskError(
            f"A smoothing window has an odd number of frames above {degree}; {window} is not one. "
            "Take 5 or 7."
        )
    out = analysis.xy.copy()
    known = np.flatnonzero(tracks.individuals >= 0)
    who, kind = tracks.individuals[known], analysis.labels[known]
    frame = analysis.picture[known]
    rows = known[np.lexsort((frame, kind, who))]
    if not len(rows):
        return out
    breaks = (
        (np.diff(tracks.individuals[rows]) != 0)
        | (np.diff(analysis.labels[rows]) != 0)
        | (np.diff(analysis.picture[rows]) != 1)
    )
    for run in np.split(rows, np.flatnonzero(breaks) + 1):
        if len(run) >= window:
            out[run] = savgol_filter(analysis.xy[run], window, degree, axis=0, mode="interp")
    return out
