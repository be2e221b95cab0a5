"""What the gallery says about each prototype, and the order its detections are shown in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tusk_app.engine.analysis_index import PrototypeHealth, prototype_health
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_app.engine.analysis_index import AnalysisIndex
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_core.results import Analysis


# How many places "more like this" finds at most, and how alike they are at least [cosine].
MOST_ALIKE, LEAST_ALIKE = 100, 0.5

SortKey = Literal["similarity", "score", "error", "time"]


@dataclass(frozen=True, slots=True)
class PrototypeTile:
    """One prototype at a glance.

    Attributes:
        index: which.
        name: for people.
        colour: sRGB.
        count: detections; -1 while nothing is analysed.
        share: share of the pictures that show it, 0 to 1.
        health: see ``PrototypeHealth``; None while nothing is analysed.
        twin_name: name of the most similar prototype in use.
        hidden: hidden everywhere.
        members: prototypes that were merged into it.
    """

    index: int
    name: str
    colour: tuple[int, int, int]
    count: int
    share: float
    health: PrototypeHealth | None
    twin_name: str
    hidden: bool
    members: tuple[int, ...]

    @property
    def health_text(self) -> str:
        """One or two words, with the reason where there is one."""
        if self.health is None:
            return ""
        if self.health.state == "dead":
            return "unused"
        if self.health.state == "duplicate":
            return f"like {self.twin_name}"
        return "used"


def make_tiles(
    book: PrototypeBook, prototypes: NDArray[np.floating] | None, index: AnalysisIndex | None
) -> tuple[PrototypeTile, ...]:
    """Return one tile for each prototype that was not merged into another.

    Args:
        book: names and colours.
        prototypes: (M, C); None if not known.
        index: of the analysed detections; None without.
    """
    members: dict[int, list[int]] = {}
    for source, target in sorted(book.merges().items()):
        members.setdefault(target, []).append(source)
    health: tuple[PrototypeHealth, ...] = ()
    if index is not None and prototypes is not None and len(prototypes) == index.num_prototypes:
        health = prototype_health(prototypes, index.counts)
    tiles = []
    for i in range(book.num):
        if book.target(i) != i:
            continue
        known = index is not None and i < index.num_prototypes
        state = health[i] if i < len(health) else None
        twin = book.name(state.twin) if state is not None and state.twin >= 0 else ""
        tiles.append(
            PrototypeTile(
                index=i,
                name=book.name(i),
                colour=book.colour(i),
                count=int(index.counts[i]) if index is not None and known else -1,
                share=float(index.shares[i]) if index is not None and known else 0.0,
                health=state,
                twin_name=twin,
                hidden=book.is_hidden(i),
                members=tuple(members.get(i, ())),
            )
        )
    return tuple(tiles)


def summary(tiles: tuple[PrototypeTile, ...]) -> str:
    """Return a few words on all prototypes, such as ``"9 of 12 used · like 7.4 evenly used"``."""
    states = [tile.health.state for tile in tiles if tile.health is not None]
    if not states:
        return ""
    dead, twins = states.count("dead"), states.count("duplicate")
    alive = len(states) - dead
    text = f"{alive} of {len(states)} used"
    if twins:
        text += f" · {twins} look like others"
    even = effective_number(tiles)
    if alive > 1 and even < alive - 0.05:
        text += f" · like {even:.1f} evenly used"  # last: a narrow panel cuts the end
    return text


def usage_entropy(tiles: tuple[PrototypeTile, ...]) -> float:
    """Return the entropy of the use of prototypes in bits; 0 if all detections are of one."""
    counts = np.array([tile.count for tile in tiles if tile.count > 0], np.float64)
    if len(counts) == 0:
        return 0.0
    shares = counts / counts.sum()
    return float(max(0.0, -(shares * np.log2(shares)).sum()))


def effective_number(tiles: tuple[PrototypeTile, ...]) -> float:
    """Return how many prototypes, all used equally often, would have the same entropy."""
    return float(2.0 ** usage_entropy(tiles))


def usage_note(tiles: tuple[PrototypeTile, ...]) -> str:
    """Explain the entropy of the use of prototypes; empty while nothing is analysed."""
    used = sum(tile.count > 0 for tile in tiles)
    if used == 0:
        return ""
    bits = usage_entropy(tiles)
    return say(
        f"Entropy of use: {bits:.2f} bits of at most {np.log2(used):.2f}. The detections are "
        f"spread as {effective_number(tiles):.1f} [kinds] used equally often would be; much "
        "less than the number in use means that a few do most of the work."
    )


def sorted_rows(
    analysis: Analysis,
    rows: NDArray[np.int64],
    key: SortKey,
    prototype: int | None,
) -> NDArray[np.int64]:
    """Return ``rows`` in the order of ``key``: best similarity, best score, worst error, first.

    Args:
        analysis: where the rows lie.
        rows: (n,) any.
        key: what to sort by.
        prototype: similarity to this one; None takes each row's own.
    """
    rank: NDArray[np.number]
    if key == "score":
        rank = -analysis.scores[rows]
    elif key == "error":
        rank = -np.nan_to_num(analysis.picture_errors[analysis.picture[rows]], nan=-1.0)
    elif key == "similarity":
        rank = -similarities(analysis, rows, prototype)
    else:
        rank = analysis.picture[rows]
    return rows[np.argsort(rank, kind="stable")]


def likeness(
    analysis: Analysis, rows: NDArray[np.int64], look: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Return the cosine between rows and a descriptor (C,), (n,) float32."""
    descriptors = analysis.descriptors[rows].astype(np.float32)
    return np.asarray(descriptors @ np.asarray(look, np.float32), np.float32)


def rows_like(
    analysis: Analysis, look: NDArray[np.floating], most: int = MOST_ALIKE
) -> NDArray[np.int64]:
    """Return the rows most like a descriptor (C,), ascending; none that is hardly like it."""
    alike = likeness(analysis, np.arange(len(analysis.labels)), look)
    best = np.argsort(-alike, kind="stable")[:most]
    return np.sort(best[alike[best] >= LEAST_ALIKE]).astype(np.int64)


def similarities(
    analysis: Analysis, rows: NDArray[np.int64], prototype: int | None = None
) -> NDArray[np.float32]:
    """Return the cosine between rows and a prototype (each row's own if None), (n,) float32."""
    descriptors = analysis.descriptors[rows].astype(np.float32)
    if prototype is not None:
        vector = analysis.prototypes[prototype]
        values = descriptors @ (vector / max(float(np.linalg.norm(vector)), 1e-12))
    else:
        lengths = np.linalg.norm(analysis.prototypes, axis=1, keepdims=True)
        unit = analysis.prototypes / np.maximum(lengths, 1e-12)
        values = np.einsum("nc,nc->n", descriptors, unit[analysis.labels[rows]])
    norms = np.maximum(np.sqrt(np.einsum("nc,nc->n", descriptors, descriptors)), 1e-6)
    return np.asarray(values / norms, np.float32)
