"""Published data sets by name. To add one: a file with a source class, a line here, a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tusk_core.data.base_source import BaseSource
    from tusk_core.data.source_names import SourceName

DATASETS: dict[str, Callable[[SourceName], BaseSource]] = {}


def open_dataset(name: SourceName) -> BaseSource:
    """Open ``NAME:PATH?split=train``.

    Raises:
        SourceError: if the files are not as published.
    """
    if not name.target:
        raise SourceError(
            f"{name.prefix}: needs the path of its files, such as {name.prefix}:PATH."
        )
    return DATASETS[name.prefix](name)


def open_known_folder(text: str, folder: Path) -> BaseSource | None:
    """Open a folder that holds a data set in a form this program knows; None if it does not."""
    del text, folder
    return None
