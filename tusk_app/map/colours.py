"""How the points of the map are coloured, and the legend that goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_app.parts import palette
from tusk_app.parts.colour_scale import UNKNOWN, coloured
from tusk_app.parts.legend_list import LegendEntry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_app.engine.analysis_index import AnalysisIndex
    from tusk_app.map.widgets.bar import ColourBy
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_core.results import Analysis


@dataclass(frozen=True, slots=True, eq=False)
class MapColours:
    """Colours of n mapped points.

    Attributes:
        colours: (n, 3) uint8 RGB.
        groups: (n,) int32 legend group of each; None for a number that has a scale.
        names: group -> (name, colour); empty for a scale.
        scale: (title, low, high) of the scale; None for groups.
    """

    colours: NDArray[np.uint8]
    groups: NDArray[np.int32] | None
    names: dict[int, tuple[str, tuple[int, int, int]]]
    scale: tuple[str, str, str] | None


def map_colours(
    by: ColourBy,
    analysis: Analysis,
    index: AnalysisIndex,
    book: PrototypeBook,
    rows: NDArray[np.int64],
) -> MapColours:
    """Return the colours of ``rows`` by prototype, score, class, picture or time."""
    if by == "prototype":
        groups = index.labels[rows].astype(np.int32)
        table = book.colours()
        if len(table) < index.num_prototypes:
            table = palette.colours(index.num_prototypes)
        names = {int(g): (book.name(int(g)), _rgb(table[g])) for g in np.unique(groups)}
        return MapColours(table[groups], groups, names, None)
    if by == "class":
        groups = analysis.classes[rows].astype(np.int32)
        table = np.concatenate([palette.colours(len(analysis.class_names)), [UNKNOWN]])
        names = {
            int(g): (
                analysis.class_names[g] if g >= 0 else "no object here",
                _rgb(table[g]),
            )
            for g in np.unique(groups)
        }
        # -1 takes the last colour; as a group it becomes a number of its own.
        colours = table[groups].astype(np.uint8)
        shifted = np.where(groups < 0, len(analysis.class_names), groups).astype(np.int32)
        named = {(g if g >= 0 else len(analysis.class_names)): v for g, v in names.items()}
        return MapColours(colours, shifted, named, None)
    if by == "score":
        colours, low, high = coloured(analysis.scores[rows])
        return MapColours(colours, None, {}, ("Score", f"{low:.2f}", f"{high:.2f}"))
    picture = analysis.picture[rows]
    if by == "time":
        colours, low, high = coloured(analysis.times[picture])
        return MapColours(colours, None, {}, ("Time", f"{low:.1f} s", f"{high:.1f} s"))
    last = len(analysis.picture_names) - 1
    colours, _, _ = coloured(picture.astype(np.float64), 0.0, float(max(last, 1)))
    return MapColours(colours, None, {}, ("Picture", "first", f"no. {last + 1}"))


def legend_entries(colours: MapColours, selected: NDArray[np.bool_]) -> list[LegendEntry]:
    """Return the legend, most frequent group first, with how many of each are selected."""
    if colours.groups is None:
        return []
    size = max(colours.names, default=0) + 1
    totals = np.bincount(colours.groups, minlength=size)
    chosen = np.bincount(colours.groups[selected], minlength=size)
    entries = [
        LegendEntry(group, name, colour, int(totals[group]), int(chosen[group]))
        for group, (name, colour) in colours.names.items()
    ]
    return sorted(entries, key=lambda entry: (-entry.total, entry.group))


def _rgb(values: NDArray[np.uint8]) -> tuple[int, int, int]:
    red, green, blue = (int(part) for part in values)
    return red, green, blue
