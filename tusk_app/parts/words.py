"""The interface's vocabulary: plain words for newcomers, the method's terms for who knows them.

``docs/words.md`` is the same for people. Texts hold a word in brackets, ``"[kinds] in use"``, and
go through ``say``; the preference "Show the method's terms" decides which words come out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the interface.

    Attributes:
        plain: as a newcomer reads it.
        term: the method's.
        meaning: one sentence.
    """

    plain: str
    term: str
    meaning: str


WORDS = (
    Word("point", "keypoint", "A place that the model marks in a picture."),
    Word("kind", "prototype", "What points that look alike have in common."),
    Word("look", "descriptor", "Numbers that say what a point looks like."),
)

_PLAIN = {word.plain: word.term for word in WORDS}
_MARK = re.compile(r"\[([A-Za-z]+?)(s?)\]")
_in_force = {"terms": False}


def use_terms(*, on: bool) -> None:
    """Choose the method's terms, or plain words; texts made afterwards have them."""
    _in_force["terms"] = on


def shows_terms() -> bool:
    """True while the method's terms are shown."""
    return _in_force["terms"]


def say(text: str) -> str:
    """Return a text with its words in brackets as they are said now.

    ``"[Kinds]"`` begins with a capital and stands for several. Brackets around anything else, such
    as a name that the user gave, stay.
    """
    return _MARK.sub(_said, text)


def unnamed(index: int) -> str:
    """Return what a kind is called until it gets a name."""
    return f"#{index}"


def is_unnamed(name: str) -> bool:
    """Return whether a kind's name is only its number."""
    return name[:1] == "#" and name[1:].isdigit()


def _said(match: re.Match[str]) -> str:
    word = match[1]
    term = _PLAIN.get(word.lower())
    if term is None:
        return match[0]
    shown = term if _in_force["terms"] else word.lower()
    return (shown.capitalize() if word[0].isupper() else shown) + match[2]
