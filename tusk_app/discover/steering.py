"""What the user says about kinds, kept beside the model; called in one thread of tasks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from tusk_core import api
from tusk_core.events import KindExample, KindFound
from tusk_core.kind_edits import KindEdit
from tusk_core.results import TuskError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.api import PictureSource
    from tusk_core.kind_edits import KindEdits

# A place that was clicked has no size of its own; its patch shows so much of the picture [px].
_CLICKED_SIZE = 40.0


@dataclass(frozen=True, slots=True, eq=False)
class Clicked:
    """A place of a picture.

    Attributes:
        does: "new": it is a kind of its own; "not": places like it are of no kind; "more": it is of
            a kind, too.
        picture_name: of the picture.
        picture: (H, W, 3) uint8.
        xy: pixels of the picture.
        kind: that it belongs to; -1 but for "more".
    """

    does: Literal["new", "not", "more"]
    picture_name: str
    picture: NDArray[np.uint8]
    xy: tuple[float, float]
    kind: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What was said of a model's kinds.

    Attributes:
        model_dir: the model.
        kept: by kind, those that were kept or ignored by hand.
        clicked: kinds made from places, as cards show them.
        names: of the clicked ones.
        num_edits: how many things were said; the last can be undone.
        last: the last of them.
        added: places that were added to kinds of the model itself, by kind.
    """

    model_dir: Path
    kept: dict[int, bool] = field(default_factory=dict)
    clicked: tuple[KindFound, ...] = ()
    names: dict[int, str] = field(default_factory=dict)
    num_edits: int = 0
    last: KindEdit | None = None
    added: dict[int, tuple[KindExample, ...]] = field(default_factory=dict)

    def with_added(self, kind: KindFound) -> KindFound:
        """Return a kind with the places that were added to it as its last examples."""
        added = self.added.get(kind.number, ())
        return replace(kind, examples=(*kind.examples, *added)) if added else kind


def read_said(model_dir: Path, source: PictureSource | None) -> Said:
    """Return what was said of a model's kinds.

    Raises:
        TuskError: if the model has no kinds that can be steered, or the file is damaged.
    """
    return said_of(model_dir, api.kind_edits(model_dir), source)


def said_of(model_dir: Path, edits: KindEdits, source: PictureSource | None) -> Said:
    """Return edits as the panel shows them; clicked places are found in ``source`` by name."""
    kept = {e.kind: e.does == "keep" for e in edits.edits if e.does in ("keep", "ignore")}
    clicks = [edit for edit in edits.edits if edit.does in ("new", "more")]
    places = _numbers({edit.picture for edit in clicks}, source)
    numbers = [edit.kind for edit in clicks if edit.does == "new"]
    clicked = tuple(
        _as_kind(number, [e for e in clicks if e.kind == number], places) for number in numbers
    )
    added = {
        kind: _examples([e for e in clicks if e.kind == kind], places) for kind in edits.helped
    }
    last = edits.edits[-1] if edits.edits else None
    return Said(model_dir, kept, clicked, edits.names, len(edits.edits), last, added)


def listed(model_dir: Path) -> tuple[KindFound, ...]:
    """Return the kinds of a model that was trained, not discovered: without examples.

    Raises:
        TuskError: if the model has no kinds that can be steered.
    """
    kinds = api.list_kinds(model_dir)
    own = api.kind_edits(model_dir).num_kinds
    return tuple(
        KindFound(kind.number, rank, kind.score, kind.is_kept, 0.0, 0.0, None, (), is_final=True)
        for rank, kind in enumerate(kind for kind in kinds if kind.number < own)
    )


def _numbers(names: set[str], source: PictureSource | None) -> dict[str, int]:
    if source is None or not names or source.kind == "camera":
        return {}
    return {name: i for i in range(len(source)) if (name := source.name(i)) in names}


def _as_kind(number: int, clicks: list[KindEdit], places: dict[str, int]) -> KindFound:
    return KindFound(
        number=number, rank=-1, score=1.0, is_kept=True, presence=0.0, per_picture=0.0,
        companion_of=None, examples=_examples(clicks, places), is_final=True,
    )  # fmt: skip


def _examples(clicks: list[KindEdit], places: dict[str, int]) -> tuple[KindExample, ...]:
    return tuple(
        KindExample(places[click.picture], click.xy, _CLICKED_SIZE, 1.0)
        for click in clicks
        if click.picture in places
    )


class Steering:
    """Writes edits; keeps the model open that says what a place looks like."""

    def __init__(self) -> None:
        self._predictor: api.Predictor | None = None
        self._path: Path | None = None

    def keep(
        self, model_dir: Path, source: PictureSource | None, *, wanted: dict[int, bool]
    ) -> Said:
        """Keep or ignore kinds.

        Raises:
            TuskError: if the edits cannot be read or written.
        """
        edits = api.kind_edits(model_dir)
        for number, kept in wanted.items():
            edits = edits.added(KindEdit("keep" if kept else "ignore", number))
        return self._save(model_dir, edits, source)

    def click(self, model_dir: Path, source: PictureSource | None, *, clicked: Clicked) -> Said:
        """Make a kind from a place, or refuse what looks like it.

        Raises:
            TuskError: if the place is outside the picture, or edits cannot be written.
        """
        if self._predictor is None or self._path != model_dir:
            # The model itself, whatever was said of it since: descriptors do not depend on that.
            self._predictor, self._path = api.open_predictor(model_dir, device="cpu"), model_dir
        descriptor = api.describe_place(self._predictor, clicked.picture, clicked.xy)
        edit = KindEdit(
            clicked.does,
            clicked.kind,
            picture=clicked.picture_name,
            xy=clicked.xy,
            descriptor=tuple(float(value) for value in descriptor),
        )
        return self._save(model_dir, api.kind_edits(model_dir).added(edit), source)

    def undo(self, model_dir: Path, source: PictureSource | None) -> Said:
        """Take back what was said last.

        Raises:
            TuskError: if nothing was said, or edits cannot be written.
        """
        edits = api.kind_edits(model_dir)
        if not edits.edits:
            raise TuskError("Nothing was changed about these kinds, so there is nothing to undo.")
        return self._save(model_dir, edits.undone(), source)

    def _save(self, model_dir: Path, edits: KindEdits, source: PictureSource | None) -> Said:
        api.save_kind_edits(model_dir, edits)
        return said_of(model_dir, edits, source)
