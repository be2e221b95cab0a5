"""Corrections by hand as a list, applied to what the tracker said; the list can be undone.

The tracker's outcome stays as it is: a results file holds it, and the list of corrections lies
beside it. Individuals keep their numbers whatever is done to them, so a list stays valid.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from tusk_core.atomic import write_text
from tusk_core.results import SourceError, TuskError
from tusk_core.tracks import NOBODY, EditKind, TrackEdit, Tracks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.results import Analysis

EDITS_SCHEMA = 1
KIND = "tusk-track-edits"
_MOST_BYTES = 50_000_000


def edited(analysis: Analysis, tracks: Tracks, edits: Sequence[TrackEdit]) -> Tracks:
    """Return the tracks after all corrections, in order.

    Raises:
        TuskError: if a correction names an individual that is not there, or a locked one.
    """
    who = tracks.individuals.copy()
    names, locked = list(tracks.names), set(tracks.locked)
    for edit in edits:
        _check(edit, len(names), locked)
        if edit.kind == "name":
            names[edit.individual] = edit.name.strip() or names[edit.individual]
        elif edit.kind == "lock":
            (locked.add if edit.name else locked.discard)(edit.individual)
        elif edit.kind == "delete":
            who[who == edit.individual] = NOBODY
        elif edit.kind == "join":
            _join(analysis, who, edit)
        else:
            _from_a_frame_on(analysis, who, edit, len(names))
            if edit.kind == "split":
                names.append(_new_name(names, edit.individual))
    margins = np.where(who >= 0, tracks.margins, np.float32("nan"))
    return dataclasses.replace(
        tracks, individuals=who, margins=margins, names=tuple(names), locked=frozenset(locked)
    )


def _check(edit: TrackEdit, count: int, locked: set[int]) -> None:
    needs_two = edit.kind in {"swap", "join"}
    involved = [edit.individual, edit.other] if needs_two else [edit.individual]
    if any(not 0 <= one < count for one in involved) or len(set(involved)) < len(involved):
        raise TuskError(
            f"The correction {edit.kind!r} names individuals {involved}, but there are 0 to "
            f"{count - 1}. Track the video again, or remove the file of corrections."
        )
    held = [one for one in involved if one in locked]
    if held and edit.kind not in {"lock", "name"}:
        raise TuskError(f"Individual {held[0] + 1} is locked. Unlock it to change it.")


def _from_a_frame_on(
    analysis: Analysis, who: NDArray[np.int32], edit: TrackEdit, fresh: int
) -> None:
    start = int(np.searchsorted(analysis.picture, edit.frame))
    rest = who[start:]
    other = edit.other if edit.kind == "swap" else fresh
    one, two = rest == edit.individual, rest == other
    rest[one], rest[two] = other, edit.individual


def _join(analysis: Analysis, who: NDArray[np.int32], edit: TrackEdit) -> None:
    """Give everything of one individual to another; of the same kind at once, the surer stays."""
    rows = np.flatnonzero((who == edit.individual) | (who == edit.other))
    order = np.lexsort((-analysis.scores[rows], analysis.labels[rows], analysis.picture[rows]))
    rows = rows[order]
    again = np.zeros(len(rows), bool)
    again[1:] = (analysis.picture[rows][1:] == analysis.picture[rows][:-1]) & (
        analysis.labels[rows][1:] == analysis.labels[rows][:-1]
    )
    who[rows] = np.where(again, NOBODY, edit.individual)


def _new_name(names: Sequence[str], individual: int) -> str:
    taken, number = set(names), 2
    while f"{names[individual]} ({number})" in taken:
        number += 1
    return f"{names[individual]} ({number})"


def edits_path(results: Path) -> Path:
    """Return where the corrections of a results file lie: beside it."""
    return results.with_name(f"{results.name}.edits.json")


def fingerprint(tracks: Tracks) -> str:
    """Return a short text that differs where the tracker said something else."""
    return f"{zlib.crc32(np.ascontiguousarray(tracks.individuals).tobytes()):08x}"


def write_edits(path: Path, tracks: Tracks, edits: Sequence[TrackEdit]) -> None:
    """Write corrections as JSON; ``tracks`` are those before them."""
    content = {
        "kind": KIND,
        "schema": EDITS_SCHEMA,
        "tracks": fingerprint(tracks),
        "edits": [dataclasses.asdict(edit) for edit in edits],
    }
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_edits(path: Path, tracks: Tracks) -> tuple[TrackEdit, ...]:
    """Read corrections that were made to ``tracks``; none where there is no file.

    Raises:
        SourceError: if they cannot be read, or were made to other tracks.
    """
    if not path.is_file():
        return ()
    try:
        content = json.loads(path.read_bytes()[:_MOST_BYTES])
        _check_kind(content)
        edits = tuple(_edit(values) for values in content["edits"])
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(
            f"{path} does not hold corrections of tracks, or is damaged. Move it away to go "
            "without them."
        ) from error
    if content.get("tracks") != fingerprint(tracks):
        raise SourceError(
            f"{path} holds corrections of other tracks: the video was tracked again since. Move "
            "the file away and correct the new tracks."
        )
    return edits


def _check_kind(content: dict[str, Any]) -> None:
    if content["kind"] != KIND or int(content["schema"]) > EDITS_SCHEMA:
        raise ValueError("another kind of file, or a newer one")


def _edit(values: dict[str, Any]) -> TrackEdit:
    kind: EditKind = values["kind"]
    if kind not in get_args(EditKind):
        raise ValueError(kind)
    return TrackEdit(
        kind,
        int(values["individual"]),
        int(values.get("other", -1)),
        int(values.get("frame", 0)),
        str(values.get("name", ""))[:200],
    )
