"""Individuals over time: tracking, corrections by hand, doubtful frames, bouts, regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.config import TrackConfig
    from tusk_core.control import RunControl
    from tusk_core.events import JobProgress
    from tusk_core.results import Analysis
    from tusk_core.tracks import Region, TrackEdit, TrackOptions, TrackProposal, Tracks


def track(
    model: str | Path,
    sources: Sequence[str],
    out: Path,
    control: RunControl,
    *,
    options: TrackOptions | None = None,
    device: str = "auto",
    threads: int = 0,
) -> Iterator[JobProgress]:
    """Detect in videos and follow who is who; writes a results file for each.

    Args:
        model: folder, run or bundled name.
        sources: videos, folders of videos or of pictures.
        out: a file for one source, a folder for several.
        control: stops the job; finished videos stay, and the same job takes them as done.
        options: how; None takes the defaults.
        device: where the model runs.
        threads: of the processor; 0 leaves a core to the window.

    Raises:
        Cancelled: when asked to stop.
        SourceError: if a source cannot be read or a file not be written.
        ModelFileError: if the model cannot be opened.
    """
    from tusk_core.inference.tracking import track_sources
    from tusk_core.tracks import TrackOptions

    job = options or TrackOptions()
    return track_sources(model, sources, out, control, job, device=device, threads=threads)


def track_results(
    results: Path, out: Path, control: RunControl, *, options: TrackOptions | None = None
) -> Iterator[JobProgress]:
    """Follow who is who in a results file; writes it with tracks to ``out``, which may be itself.

    Raises:
        Cancelled: when asked to stop; nothing is written.
        SourceError: if the file cannot be read or written.
    """
    from tusk_core.inference.tracking import track_results
    from tusk_core.tracks import TrackOptions

    return track_results(results, out, control, options or TrackOptions())


def track_analysis(analysis: Analysis, *, config: TrackConfig | None = None) -> Tracks:
    """Return who is who in detections at hand; needs no torch."""
    from tusk_core.config import TrackConfig
    from tusk_core.tracking.whole import track_analysis

    return track_analysis(analysis, config or TrackConfig())


def propose_tracking(analysis: Analysis, *, config: TrackConfig | None = None) -> TrackProposal:
    """Return what detections at hand propose for the settings of tracking; needs no torch.

    What ``config`` sets is kept; the rest is proposed.
    """
    from tusk_core.config import TrackConfig
    from tusk_core.tracking.propose import propose

    return propose(analysis, config or TrackConfig())


def open_corrected(path: Path) -> Analysis:
    """Read a results file with the corrections of its tracks applied.

    Raises:
        SourceError: if it cannot be read, or the corrections were made to other tracks.
    """
    from tusk_core.inference.analysis import read_corrected

    return read_corrected(path)


def edit_tracks(analysis: Analysis, tracks: Tracks, edits: Sequence[TrackEdit]) -> Tracks:
    """Return tracks after corrections, in order.

    Raises:
        TuskError: if one cannot be made, such as a swap of a locked individual.
    """
    from tusk_core.tracking.edits import edited

    return edited(analysis, tracks, edits)


def load_edits(results: Path, tracks: Tracks) -> tuple[TrackEdit, ...]:
    """Return the corrections that lie beside a results file; none where there are none.

    Raises:
        SourceError: if they were made to other tracks, or cannot be read.
    """
    from tusk_core.tracking.edits import edits_path, read_edits

    return read_edits(edits_path(results), tracks)


def save_edits(results: Path, tracks: Tracks, edits: Sequence[TrackEdit]) -> Path:
    """Write corrections beside a results file; ``tracks`` are those before them."""
    from tusk_core.tracking.edits import edits_path, write_edits

    path = edits_path(results)
    write_edits(path, tracks, edits)
    return path


def doubtful_frames(
    analysis: Analysis, tracks: Tracks, *, margin: float = 0.2
) -> NDArray[np.int64]:
    """Return the frames to look at by hand: a close assignment, or a jump."""
    from tusk_core.tracking.doubt import doubtful_frames

    return doubtful_frames(analysis, tracks, margin=margin)


def read_regions(path: Path) -> dict[str, Region]:
    """Return regions from a JSON file, by the name of the video they are of.

    Raises:
        SourceError: if it does not hold any.
    """
    from tusk_core.tracking.regions import read_regions

    return read_regions(path)


def within_regions(analysis: Analysis, regions: Mapping[str, Region]) -> Analysis:
    """Return an analysis without what lies outside the region of its source; no picture is lost."""
    from tusk_core.tracking.regions import region_for, within

    return within(analysis, region_for(regions, analysis.source))


def inside_region(region: Region, xy: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return which of the points (N, 2), pixels, lie in a region; its border counts."""
    from tusk_core.tracking.regions import inside

    return inside(region, xy)


def own_region(source: str) -> Region | None:
    """Return the region that was drawn on a source and lies beside it; None where there is none.

    Raises:
        SourceError: if its file does not hold one.
    """
    from tusk_core.tracking.region_files import own_region

    return own_region(source)


def region_path(source: str) -> Path | None:
    """Return the file with the region of a source; None where there is none."""
    from tusk_core.tracking.region_files import region_path

    return region_path(source)


def save_region(source: str, region: Region | None) -> Path | None:
    """Keep the region of a source beside it; None takes it away. Returns where it lies.

    Raises:
        SourceError: if it can be written nowhere.
    """
    from tusk_core.tracking.region_files import save_region

    return save_region(source, region)


def open_within(results: Path, out: Path, region: Region) -> Analysis:
    """Return what a results file holds within a region, and keep it in a results file of its own.

    Tracks are left out: with other keypoints they would be others.

    Raises:
        SourceError: if the file cannot be read, or ``out`` not be written.
    """
    from tusk_core.inference.analysis import read_within

    return read_within(results, out, region)


def sources_in(sources: Sequence[str]) -> list[str]:
    """Return sources, each folder that holds videos replaced by its videos.

    Raises:
        SourceError: if none were named.
    """
    from tusk_core.inference.many import sources_in

    return sources_in(sources)


def outputs_for(sources: Sequence[str], out: Path) -> list[Path]:
    """Return the file of each source: ``out``, with ``{name}`` in it replaced by its name.

    Raises:
        SourceError: if there are several sources and no ``{name}``.
    """
    from tusk_core.inference.many import named_outputs

    return named_outputs(sources, out)
