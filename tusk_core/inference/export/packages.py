"""Packages that only some formats need, imported when one of those is written."""

from __future__ import annotations

import importlib
import sys
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
        raise ExportError(
            f"{what} need the package {package}. {_remedy(package, extra)}"
        ) from error


def _remedy(package: str, extra: str) -> str:
    if getattr(sys, "frozen", False):
        return (
            "The stand-alone program comes without it; install TUSK with pip, as its guide to "
            f"installing says, with the extra {extra!r}."
        )
    line = f"'tusk-studio[{extra}]'" if extra else package
    return f"It is not installed: run `pip install {line}` and export again."
