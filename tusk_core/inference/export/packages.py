"""Packages that only some formats need, imported when one of those is written."""

from __future__ import annotations

import importlib
from typing import Any

from tusk_core.results import TuskError


class ExportError(TuskError):
    """An export that cannot be made: a missing package, an unfit source, an unknown format."""


def needed(module: str, extra: str, what: str) -> Any:
    """Return an optional module.

    Args:
        module: such as ``"pyarrow.parquet"``.
        extra: name of the program's extra that installs it; empty where there is none.
        what: what it is needed for, such as ``"Parquet files"``.

    Raises:
        ExportError: with the line that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0].replace("_", "-")
        line = f"'tusk-studio[{extra}]'" if extra else package
        raise ExportError(
            f"{what} need the package {package}, which is not installed. "
            f"Run `pip install {line}` and export again."
        ) from error
