"""Finding a model by what the user typed: a model folder, a run folder or a bundled name."""

from __future__ import annotations

from pathlib import Path

from tusk_core.nn.model_files import SETTINGS, WEIGHTS
from tusk_core.resources import bundled_models
from tusk_core.results import ModelFileError, SourceError
from tusk_core.runs.folder import RunFolder, is_run


def find_model(model: str | Path) -> Path:
    """Return the model folder that ``model`` means.

    Args:
        model: a model folder (or a file in it), a run folder, which means its best checkpoint, or
            the name of a bundled model.

    Raises:
        ModelFileError: if there is no such model.
    """
    path = Path(model).expanduser()
    try:
        if path.is_file() and path.name in {WEIGHTS, SETTINGS}:
            path = path.parent
        if is_run(path):
            return RunFolder(path).best_model()
        if path.is_dir():
            return path
        is_file = path.is_file()
    except SourceError as error:
        raise ModelFileError(str(error)) from error
    except (OSError, ValueError) as error:
        raise ModelFileError(f"{str(model)!r} is not a usable path ({error}).") from error
    if is_file:
        raise ModelFileError(
            f"{path} is a file, but a model is a folder with {WEIGHTS} and {SETTINGS} in it."
        )
    bundled = bundled_models()
    if str(model) in bundled:
        return bundled[str(model)]
    names = f" There are bundled models: {', '.join(bundled)}." if bundled else ""
    raise ModelFileError(
        f"There is no model {str(model)!r}. Give a model folder or a run folder.{names}"
    )
