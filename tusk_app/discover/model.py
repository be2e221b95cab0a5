"""What a discovery has found so far, in words, and as a small file beside its model."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

from tusk_core.atomic import write_text
from tusk_core.events import KindExample, KindFound

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.config import TrainConfig

log = logging.getLogger(__name__)

FILE_NAME = "discovery.json"
SCHEMA = 1
PRESET = "quick-photos"
# What a discovery has settled for its pictures; a training from it does not ask again.
_TAKEN_OVER = (
    "data.width",
    "data.height",
    "data.fit",
    "data.crops",
    "keypoints.num_keypoints",
    "keypoints.nms_window",
    "keypoints.refine_window",
    "keypoints.joined_blur",
    "prototypes.num_prototypes",
    "encoder.seed_components",
)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Kinds of some pictures.

    Attributes:
        source: the pictures.
        kinds: by rank, the best first.
        notes: what these pictures cannot tell, a sentence each.
        model_dir: the model that reads them; None until it is written.
    """

    source: str
    kinds: tuple[KindFound, ...] = ()
    notes: tuple[str, ...] = ()
    model_dir: Path | None = None

    def with_kind(self, kind: KindFound) -> Found:
        """Add a kind, or what is known better of it now."""
        others = (other for other in self.kinds if other.number != kind.number)
        return replace(self, kinds=tuple(sorted([*others, kind], key=_order)))

    def final(self) -> Found:
        """Leave out kinds that the last look at all pictures did not confirm."""
        return replace(self, kinds=tuple(kind for kind in self.kinds if kind.is_final))


def _order(kind: KindFound) -> tuple[int, int]:
    return kind.rank, kind.number


def typical_size(kind: KindFound) -> float:
    """Return the usual diameter of a kind, pixels of the pictures; 0 without examples."""
    return median([example.size for example in kind.examples]) if kind.examples else 0.0


def facts(kind: KindFound, joined: tuple[str, ...] = ()) -> str:
    """Say how often a kind recurs and how large it is; else where it comes from.

    Args:
        kind: of a card.
        joined: names of the kinds that were merged into it.
    """
    told = _facts(kind)
    return f"with {', '.join(joined)} · {told}" if joined else told


def _facts(kind: KindFound) -> str:
    if kind.rank < 0:
        return "made from a place by hand"
    if not kind.presence:
        return f"score {kind.score:.2f}"
    parts = [f"in {kind.presence:.0%} of pictures"]
    if kind.per_picture >= 1.05:
        parts.append(f"{kind.per_picture:.1f} in each")
    if kind.examples:
        parts.append(f"{typical_size(kind):.0f} px wide")
    return " · ".join(parts)


def training_changes(config: TrainConfig) -> dict[str, object]:
    """Return the settings by which a training from a discovered model differs from its preset.

    Args:
        config: of the discovered model.
    """
    changes: dict[str, object] = {}
    for path in _TAKEN_OVER:
        group, name = path.split(".")
        changes[path] = getattr(getattr(config, group), name)
    return changes


def write_found(folder: Path, found: Found) -> None:
    """Keep what was found beside its model.

    Raises:
        OSError: if the file cannot be written.
    """
    content = {
        "schema": SCHEMA,
        "source": found.source,
        "notes": found.notes,
        "kinds": [asdict(kind) for kind in found.kinds],
    }
    write_text(folder / FILE_NAME, json.dumps(content, ensure_ascii=False))


def read_found(folder: Path) -> Found | None:
    """Return what was found when the model in ``folder`` was made; None if that is not known."""
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        kinds = tuple(_kind(entry) for entry in content["kinds"])
        notes = tuple(str(note) for note in content["notes"])
        return Found(str(content["source"]), kinds, notes, folder)
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as problem:
        log.warning("The kinds in %s cannot be read and are not shown: %s", path, problem)
        return None


def _kind(entry: dict[str, Any]) -> KindFound:
    companion = entry["companion_of"]
    return KindFound(
        number=int(entry["number"]),
        rank=int(entry["rank"]),
        score=float(entry["score"]),
        is_kept=bool(entry["is_kept"]),
        presence=float(entry["presence"]),
        per_picture=float(entry["per_picture"]),
        companion_of=None if companion is None else int(companion),
        examples=tuple(_example(each) for each in entry["examples"]),
        is_final=True,
    )


def _example(entry: dict[str, Any]) -> KindExample:
    x, y = entry["xy"]
    return KindExample(
        int(entry["picture"]), (float(x), float(y)), float(entry["size"]), float(entry["strength"])
    )
