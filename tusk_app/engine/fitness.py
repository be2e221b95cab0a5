"""Does an open model know anything about the pictures it is shown? Pure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from tusk_core.results import Keypoints, ModelInfo

# Generated pictures look like nothing else.
GENERATED = frozenset({"sample:tetrominoes", "sample:digits", "sample:solids"})
# Cosine of a keypoint's descriptor to the nearest prototype, mean of a picture. Bundled models:
# 0.95 to 0.99 on pictures like those they learned from, 0.51 to 0.88 on most others.
LEAST_LIKENESS = 0.9
# Models with a frozen network have scores that mean the same everywhere: 0.8 on cells for a model
# of cells, 0.2 to 0.5 on other pictures.
LEAST_SCORE = 0.5


def is_stranger(model: ModelInfo, source: str, found: Keypoints) -> bool:
    """Return whether a model says little about pictures, judged by what it found in one.

    Args:
        model: the open one.
        source: of the pictures, as given.
        found: in one of them, with all scores.
    """
    learned = model.config.data.source
    if not learned or _place(learned) == _place(source) or not len(found.scores):
        return False
    if _place(learned) in GENERATED:
        return True
    if model.config.encoder.has_backbone:
        return float(found.scores.mean()) < LEAST_SCORE
    return float((found.descriptors @ model.prototypes.T).max(axis=1).mean()) < LEAST_LIKENESS


def _place(source: str) -> str:
    """Return a source without its options; a path in full."""
    text = source.partition("?")[0]
    if text.startswith("sample:") or not text:
        return text
    return str(Path(path_text(text)).expanduser().absolute())
