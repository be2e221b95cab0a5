"""What a person said about prototypes in the window: names, merges, hidden ones.

It lies beside the model as ``prototypes.json`` and changes nothing in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE_NAME = "prototypes.json"
_MAX_BYTES = 2**22
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class PrototypeNames:
    """The mapping.

    Attributes:
        names: prototype -> name.
        merged: prototype -> the one it belongs to.
        hidden: prototypes that are left out.
    """

    names: dict[int, str] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()


def read_prototype_names(path: Path) -> PrototypeNames:
    """Read a mapping.

    Raises:
        SourceError: if it cannot be read or is none.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SourceError(f"{path} is too large to hold names of prototypes.")
        values: Any = json.loads(path.read_bytes())
        return PrototypeNames(
            names={int(i): str(name) for i, name in values.get("names", {}).items()},
            merged={int(i): int(target) for i, target in values.get("merged", {}).items()},
            hidden=frozenset(int(i) for i in values.get("hidden", [])),
        )
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise SourceError(
            f"{path} holds no names of prototypes; the window writes such a file beside a model."
        ) from error


def hidden_as_json(path: Path, numbers: Iterable[int]) -> str:
    """Return a mapping as text, with more prototypes hidden; what else it holds stays.

    Args:
        path: of the mapping as it is; it may be missing.
        numbers: to hide.

    Raises:
        SourceError: if there is a file that holds something else.
    """
    hidden = set(numbers)
    values: dict[str, Any] = {"schema": _SCHEMA, "names": {}, "colours": {}, "merged": {}}
    if path.is_file():
        hidden |= read_prototype_names(path).hidden
        values |= json.loads(path.read_bytes())
    values["hidden"] = sorted(hidden)
    return json.dumps(values, indent=1, ensure_ascii=False)


def names_beside(model_folder: Path) -> PrototypeNames:
    """Return the names given to a model's prototypes, without merges and hidings; {} if none."""
    path = model_folder / FILE_NAME
    if not path.is_file():
        return PrototypeNames()
    try:
        return PrototypeNames(names=read_prototype_names(path).names)
    except SourceError:
        return PrototypeNames()
