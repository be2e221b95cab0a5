"""Which region counts in which source: that of a file, or the one drawn in the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tusk_core import api

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk_core.tracks import Region

OFF = Path("off")


def chosen_regions(given: Path | None, sources: Sequence[str]) -> dict[str, Region]:
    """Return the region of each source by its name, ``*`` for all, and say which were drawn.

    Args:
        given: a file of regions; ``off`` for none; None takes those that lie beside the sources.
        sources: what is about to be read.

    Raises:
        SourceError: if a file does not hold regions.
    """
    if given == OFF:
        return {}
    if given is not None:
        return api.read_regions(given)
    found = {}
    for source in sources:
        region, path = api.own_region(source), api.region_path(source)
        if region is not None:
            found[source] = region
            print(f"Only what lies in the region counts: {path}")
    return found
