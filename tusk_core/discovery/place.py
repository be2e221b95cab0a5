"""Where a discovered model may be written: never over what training or a person has made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core import kind_edits, prototype_names
from tusk_core.nn.model_files import SETTINGS, read_meta
from tusk_core.results import ModelFileError, SourceError

if TYPE_CHECKING:
    from pathlib import Path

_ELSEWHERE = "Choose another folder."


def check_place(out: Path) -> None:
    """Refuse a folder whose model would be lost, or whose names would stand at other kinds.

    An earlier discovery that nobody has changed may be written over.

    Args:
        out: model folder that is to be written; may be missing.

    Raises:
        SourceError: what lies there, and what to do.
    """
    made_by_hand = (prototype_names.FILE_NAME, kind_edits.FILE_NAME)
    kept = [name for name in made_by_hand if (out / name).exists()]
    if kept:
        raise SourceError(
            f"{out} holds names or edits of kinds ({', '.join(kept)}), which would stand at other "
            f"kinds after a new discovery. {_ELSEWHERE}"
        )
    if not (out / SETTINGS).is_file():
        return
    try:
        is_trained = read_meta(out).step > 0
    except ModelFileError as error:
        raise SourceError(
            f"{out} holds a model that this program cannot read. {_ELSEWHERE}"
        ) from error
    if is_trained:
        raise SourceError(
            f"{out} holds a trained model, which a discovery would replace. {_ELSEWHERE}"
        )
