"""What a person said about kinds: this is one, not that, keep this, ignore that.

It lies beside the model as ``kinds.json``, a list of edits in the order they were made; leaving out
the last one undoes it. Nothing in the model changes.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from tusk_core.results import SourceError

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "kinds.json"
SCHEMA = 1
_MAX_BYTES = 2**24
_MOST_EDITS = 10_000
_DOES = ("new", "more", "not", "keep", "ignore")

Does = Literal["new", "more", "not", "keep", "ignore"]


@dataclass(frozen=True, slots=True)
class KindEdit:
    """One thing said.

    Attributes:
        does: ``new``: this place is a kind of its own; ``more``: this place is of that kind, too;
            ``not``: places like this one are of no kind; ``keep``, ``ignore``: that kind counts or
            does not.
        kind: number of the kind meant; that of a new one follows the model's own and earlier new
            ones. -1 for ``not``.
        picture: name of the picture that was clicked; empty for ``keep`` and ``ignore``.
        xy: place in it, pixels; (0, 0) for ``keep`` and ``ignore``.
        descriptor: what the model says of that place, C numbers; empty for ``keep``, ``ignore``.
        name: for people; of a new kind.
    """

    does: Does
    kind: int = -1
    picture: str = ""
    xy: tuple[float, float] = (0.0, 0.0)
    descriptor: tuple[float, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class KindEdits:
    """All that was said of a model's kinds.

    Attributes:
        num_kinds: M, kinds of the model itself.
        edits: in the order they were made.
    """

    num_kinds: int
    edits: tuple[KindEdit, ...] = ()

    @property
    def num_new(self) -> int:
        """Kinds made from clicks."""
        return sum(edit.does == "new" for edit in self.edits)

    @property
    def names(self) -> dict[int, str]:
        """Names of the kinds made from clicks, by number."""
        return {edit.kind: edit.name for edit in self.edits if edit.does == "new" and edit.name}

    def added(self, edit: KindEdit) -> KindEdits:
        """Return these edits and one more.

        Raises:
            SourceError: if it is about a kind that does not exist, or nobody knows what it does:
                saved, it would keep the model from being opened.
        """
        if edit.does not in _DOES:
            raise SourceError(f"There is no edit {edit.does!r}; there are {', '.join(_DOES)}.")
        if edit.does == "new":
            edit = replace(edit, kind=self.num_kinds + self.num_new)
        elif edit.does != "not" and not 0 <= edit.kind < self.num_kinds + self.num_new:
            raise SourceError(
                f"There is no kind {edit.kind}; there are 0 to {self.num_kinds + self.num_new - 1}."
            )
        return replace(self, edits=(*self.edits, edit))

    @property
    def helped(self) -> tuple[int, ...]:
        """The model's own kinds that places were added to, ascending."""
        own = {e.kind for e in self.edits if e.does == "more" and e.kind < self.num_kinds}
        return tuple(sorted(own))

    def undone(self) -> KindEdits:
        """Return these edits without the last one."""
        return replace(self, edits=self.edits[:-1])

    def as_json(self) -> str:
        """Return the text of the file."""
        entries = [asdict(edit) for edit in self.edits]
        values = {"schema": SCHEMA, "num_kinds": self.num_kinds, "edits": entries}
        return json.dumps(values, indent=1) + "\n"


def edits_beside(folder: Path, num_kinds: int, length: int) -> KindEdits:
    """Return what was said of the kinds of a model folder; nothing where there is no file.

    Args:
        folder: of the model.
        num_kinds: M of the model.
        length: C, numbers of its descriptors.

    Raises:
        SourceError: if the file is damaged or belongs to another model.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return KindEdits(num_kinds)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SourceError(f"{path} is too large to hold edits of kinds.")
        values: Any = json.loads(path.read_bytes())
        newer = values["schema"] > SCHEMA
        stored = int(values["num_kinds"])
        edits = tuple(_parsed(entry, length) for entry in values["edits"][:_MOST_EDITS])
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise SourceError(
            f"{path} does not hold edits of this model's kinds ({error}). Move it away to use the "
            "model without them."
        ) from error
    if newer or stored != num_kinds:
        raise SourceError(
            f"{path} was written by a newer program or for another model ({stored} kinds, this one "
            f"has {num_kinds}). Move it away to use the model without it."
        )
    checked = KindEdits(num_kinds)
    for edit in edits:
        checked = checked.added(edit)
    return checked


def _parsed(entry: Any, length: int) -> KindEdit:
    does = entry["does"]
    if does not in _DOES:
        raise ValueError(f"unknown edit {does!r}")
    descriptor = tuple(float(number) for number in entry.get("descriptor", ()))
    wanted = 0 if does in {"keep", "ignore"} else length
    if len(descriptor) != wanted or not all(map(math.isfinite, descriptor)):
        raise ValueError(f"{does!r} needs {wanted} finite numbers, got {len(descriptor)}")
    x, y = (float(side) for side in entry.get("xy", (0, 0)))
    return KindEdit(
        does=does,
        kind=int(entry.get("kind", -1)),
        picture=str(entry.get("picture", "")),
        xy=(x, y),
        descriptor=descriptor,
        name=str(entry.get("name", ""))[:200],
    )
