"""What was said of kinds, as the panel shows it: kept, ignored, made and helped by places."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.media_bench import piece_source
from tusk_app.discover.steering import Steering, read_said, said_of
from tusk_core.events import KindExample, KindFound
from tusk_core.kind_edits import KindEdit, KindEdits
from tusk_core.results import TuskError

MODEL = Path("/models/cells")
LOOK = (1.0, 0.0, 0.0)


def edits(*said: KindEdit, num_kinds: int = 4) -> KindEdits:
    made = KindEdits(num_kinds)
    for edit in said:
        made = made.added(edit)
    return made


def place(does: str, kind: int, picture: str, x: float = 5.0) -> KindEdit:
    return KindEdit(does, kind, picture=picture, xy=(x, 6.0), descriptor=LOOK)


def found(number: int) -> KindFound:
    return KindFound(
        number=number, rank=0, score=1.0, is_kept=True, presence=0.5, per_picture=1.0,
        companion_of=None, examples=(KindExample(0, (1.0, 1.0), 9.0, 0.5),), is_final=True,
    )  # fmt: skip


def test_the_last_word_on_a_kind_counts() -> None:
    said = said_of(MODEL, edits(KindEdit("keep", 1), KindEdit("ignore", 1)), None)
    assert said.kept == {1: False}
    assert said.num_edits == 2
    assert said.last == KindEdit("ignore", 1)
    assert said_of(MODEL, edits(), None).last is None


def test_a_kind_made_from_places_has_them_as_examples() -> None:
    source = piece_source()
    first, second = source.name(0), source.name(3)
    made = edits(place("new", -1, first))
    number = made.edits[-1].kind
    made = made.added(place("more", number, second, 8.0))
    (kind,) = said_of(MODEL, made, source).clicked
    assert kind.number == number
    assert [(e.picture, e.xy) for e in kind.examples] == [(0, (5.0, 6.0)), (3, (8.0, 6.0))]
    # Pictures that are not open have no example to show; the kind is there all the same.
    (unseen,) = said_of(MODEL, made, None).clicked
    assert unseen.examples == ()


def test_places_added_to_a_kind_of_the_model_come_last() -> None:
    source = piece_source()
    said = said_of(MODEL, edits(place("more", 2, source.name(1))), source)
    helped = said.with_added(found(2))
    assert [example.picture for example in helped.examples] == [0, 1]
    other = found(3)
    assert said.with_added(other) is other


def test_undoing_nothing_and_a_model_that_is_gone_are_told(tmp_path: Path) -> None:
    with pytest.raises(TuskError, match=r"gone"):
        read_said(tmp_path / "gone", None)
    with pytest.raises(TuskError):
        Steering().undo(tmp_path / "gone", None)
