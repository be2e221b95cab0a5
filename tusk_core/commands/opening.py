"""Opening a model for a command: no window needs a core of its own then."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tusk_core.prototype_names import PrototypeNames, names_beside, read_prototype_names

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from tusk_core.commands.terminal import Terminal
    from tusk_core.interfaces import Predictor


def all_cores() -> int:
    """Return the number of threads to compute with; 0 where OMP_NUM_THREADS says it."""
    return 0 if "OMP_NUM_THREADS" in os.environ else os.cpu_count() or 1


def chosen_names(file: Path | None, model_folder: Path | None) -> PrototypeNames:
    """Return the mapping in ``file``, else the names beside the model.

    Raises:
        SourceError: if ``file`` holds none.
    """
    if file is not None:
        return read_prototype_names(file)
    return PrototypeNames() if model_folder is None else names_beside(model_folder)


def open_model(model: str, device: str, terminal: Terminal) -> Predictor:
    """Open a model on all cores.

    Raises:
        ModelFileError: if it cannot be opened.
        TuskError: if the device cannot be used.
    """
    terminal.phase("Opening the model.")
    from tusk_core import api

    return api.open_predictor(model, device=device, threads=all_cores())


def least_score(arguments: argparse.Namespace, predictor: Predictor) -> float:
    """Return the threshold that was asked for, or else the one proposed with the model."""
    asked: float | None = arguments.min_score
    return predictor.info.config.keypoints.min_score if asked is None else asked
