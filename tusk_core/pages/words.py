"""Words and values of a page, ready to be shown; nothing here reads a picture."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core import __version__, palette
from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

    from tusk_core.config import TrainConfig
    from tusk_core.results import Analysis, EvaluationReport


def kind_name(kind: int, names: dict[int, str]) -> str:
    """Return what a kind is called: its number, and its name if it has one."""
    name = names.get(kind, "").strip()
    return f"#{kind} {name}" if name else f"#{kind}"


def colour_text(kind: int) -> str:
    """Return a kind's colour as CSS reads it."""
    return "#{:02x}{:02x}{:02x}".format(*palette.colour(kind))


def data_name(source: str) -> str:
    """Return a data set's name without the folders above it, which are nobody's business."""
    text = source.partition("?")[0]
    if text.startswith(("sample:", "camera:")):
        return text
    return Path(path_text(text)).name or text


def shorten(text: str) -> str:
    """Return a text with the home folder written ``~``."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def sizes_text(analysis: Analysis) -> str:
    """Return the sizes of the pictures in words."""
    sizes = np.unique(analysis.picture_sizes.reshape(-1, 2), axis=0)
    if not len(sizes):
        return "–"
    (low_w, low_h), (high_w, high_h) = sizes.min(axis=0), sizes.max(axis=0)
    if len(sizes) == 1:
        return f"{low_w} × {low_h} px"
    return f"{low_w} × {low_h} to {high_w} × {high_h} px"


def settings_rows(config: TrainConfig) -> list[tuple[str, str, str, bool]]:
    """Return every setting: its name, its value, what it means, whether it is not the default."""
    rows: list[tuple[str, str, str, bool]] = []
    _add_settings(rows, config, "")
    return rows


def _add_settings(rows: list[tuple[str, str, str, bool]], group: BaseModel, prefix: str) -> None:
    for name, field in type(group).model_fields.items():
        value = getattr(group, name)
        if hasattr(value, "model_dump"):
            _add_settings(rows, value, f"{prefix}{name}.")
            continue
        is_changed = value != field.get_default(call_default_factory=True)
        rows.append((prefix + name, shorten(_plain(value)), field.description or "", is_changed))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def metric_rows(report: EvaluationReport) -> list[tuple[str, str, str, str]]:
    """Return name, value, 95 % interval and the paper's figure of each metric."""
    rows = []
    for name, value in report.metrics.items():
        low, high = report.intervals.get(name, (np.nan, np.nan))
        rows.append(
            (
                name.replace("_", " "),
                _two(value),
                f"{low:.2f} – {high:.2f}" if np.isfinite([low, high]).all() else "–",
                _two(report.reference.get(name, np.nan)),
            )
        )
    return rows


def _two(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "–"


def versions() -> str:
    """Return the program's version and those it stands on."""
    parts = [f"TUSK {__version__}", f"Python {platform.python_version()}"]
    return ", ".join([*parts, f"numpy {np.__version__}", platform.system()])


def seen_text(counts: Sequence[int], names: dict[int, str], most: int = 6) -> str:
    """Return what is in a picture, for those who cannot see it.

    Args:
        counts: (M,) of each kind.
        names: of kinds.
        most: kinds named.
    """
    kinds = sorted((kind for kind, n in enumerate(counts) if n), key=lambda k: -counts[k])
    if not kinds:
        return "nothing found"
    parts = [f"{counts[kind]} × {kind_name(kind, names)}" for kind in kinds[:most]]
    rest = len(kinds) - most
    return ", ".join(parts) + (f" and {rest} more kinds" if rest > 0 else "")
