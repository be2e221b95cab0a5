"""Names and colours of the loss terms; fixed, so that a term looks the same in every run."""

from __future__ import annotations

from PySide6.QtGui import QColor

_LABELS = {
    "total": "Total",
    "reconstruction": "Reconstruction",
    "held_out": "Held-out pictures",
    "pixel": "Pixels",
    "kmeans": "k-means",
    "equivariance": "Equivariance",
    "heatmap_equivariance": "Equivariance, map",
    "sliced_wasserstein": "Sliced Wasserstein",
    "information": "Information",
    "binarity": "Binarity",
    "idle": "Idle keypoints",
}

# Light and dark ground; neighbours differ in lightness as well as in hue.
_COLOURS = {
    "total": ("#3d4451", "#d5dae3"),
    "reconstruction": ("#0b62c4", "#5aa9ff"),
    "held_out": ("#c4264b", "#ff8099"),
    "kmeans": ("#c25700", "#ffa14a"),
    "equivariance": ("#0a7d55", "#4fd6a0"),
    "heatmap_equivariance": ("#5aa000", "#b5e34d"),
    "sliced_wasserstein": ("#b3128a", "#ff86d8"),
    "information": ("#6a3fd1", "#b79bff"),
    "binarity": ("#8a6d00", "#e3c44a"),
    "pixel": ("#007f8a", "#5fd7e0"),
    "idle": ("#55606e", "#aab4c2"),
}
_OTHERS = (("#a3202c", "#ff8f96"), ("#55606e", "#aab4c2"), ("#7a4a1f", "#d9a679"))


def label(term: str) -> str:
    """Return the name of a loss term for people."""
    return _LABELS.get(term, term.replace("_", " ").capitalize())


def colour(term: str, *, dark: bool) -> QColor:
    """Return the colour of a loss term on light or dark ground."""
    pair = _COLOURS.get(term) or _OTHERS[sum(term.encode()) % len(_OTHERS)]
    return QColor(pair[dark])


def ordered(terms: tuple[str, ...]) -> list[str]:
    """Return the terms in the order of the legend: known ones first, then the rest by name."""
    known = [term for term in _LABELS if term in terms]
    return [*known, *sorted(set(terms) - set(known))]
