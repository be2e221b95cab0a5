"""The guides as the window shows them: pages, their sections, and a search through both."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk_app.parts.words import WORDS
from tusk_core.resources import guide_root

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# In the order listed; what is missing is left out, what is not named follows.
ORDER = (
    "words", "guide/discover", "guide/train", "guide/explore", "guide/prototypes", "guide/video",
    "guide/webcam", "guide/tracks", "guide/evaluate", "guide/export", "guide/to-other-tools",
    "guide/three-things", "troubleshooting",
)  # fmt: skip
FIRST = "guide/discover"
# The page that F1 opens for a panel, and the heading to begin at.
PAGE_OF = {
    "source": ("guide/train", ""),
    "discover": ("guide/discover", ""),
    "runs": ("guide/train", ""),
    "training": ("guide/train", ""),
    "time-machine": ("guide/train", ""),
    "inspector": ("guide/explore", ""),
    "overlay": ("guide/explore", ""),
    "reconstruction": ("guide/three-things", ""),
    "timeline": ("guide/video", ""),
    "raster": ("guide/video", ""),
    "tracks": ("guide/tracks", ""),
    "camera": ("guide/webcam", ""),
    "embedding": ("guide/explore", ""),
    "gallery": ("guide/prototypes", ""),
    "correspondence": ("guide/explore", ""),
    "equivariance": ("guide/explore", ""),
    "evaluation": ("guide/evaluate", ""),
    "log": ("troubleshooting", ""),
}
_HEADING = re.compile(r"^(#{1,4}) +(.+?)\s*$")
_MARKUP = re.compile(r"[`*_|>]|\[([^\]]*)\]\([^)]*\)")
_AROUND = 70


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it, up to the next one.

    Attributes:
        page: such as ``guide/train``.
        title: of the page.
        heading: of the section; that of the page for its beginning.
        text: plain, without marks.
    """

    page: str
    title: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        name: path without ending, below the folder of the guides.
        title: its first heading.
        markdown: as it lies there.
        sections: in order.
    """

    name: str
    title: str
    markdown: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A section in which all words occur, and what stands around the first of them."""

    section: Section
    around: str


def load_pages(root: Path | None = None) -> tuple[Page, ...]:
    """Return the pages for people who use the window; none where they are not installed."""
    folder = guide_root() if root is None else root
    if folder is None:
        return ()
    pages = {}
    for file in sorted([*folder.glob("*.md"), *folder.glob("guide/*.md")]):
        name = file.relative_to(folder).with_suffix("").as_posix()
        if name in ORDER or name.startswith("guide/"):
            pages[name] = make_page(name, file.read_text(encoding="utf-8"))
    first = [pages.pop(name) for name in ORDER if name in pages]
    return (*first, *pages.values())


def make_page(name: str, markdown: str) -> Page:
    """Divide a page by its headings; those inside blocks of code are none."""
    parts: list[tuple[str, list[str]]] = []
    is_code = False
    for line in markdown.splitlines():
        is_code ^= line.startswith("```")
        heading = None if is_code else _HEADING.match(line)
        if heading is not None:
            parts.append((_plain(heading[2]), []))
        elif parts:
            parts[-1][1].append(line)
    title = parts[0][0] if parts else name
    sections = tuple(
        Section(name, title, heading, _plain(" ".join(lines))) for heading, lines in parts
    )
    return Page(name, title, markdown, sections)


def search(pages: Sequence[Page], words: str, most: int = 30) -> list[Hit]:
    """Return the sections that hold all words, those with one in the heading first."""
    wanted = words.lower().split()
    if not wanted:
        return []
    hits: list[tuple[int, int, Hit]] = []
    ways = [_said_otherwise(word) for word in wanted]
    for page in pages:
        for section in page.sections:
            whole = f"{section.title} {section.heading} {section.text}".lower()
            if all(any(way in whole for way in same) for same in ways):
                heading = section.heading.lower()
                in_heading = sum(any(way in heading for way in same) for same in ways)
                hits.append((-in_heading, len(hits), Hit(section, _around(section.text, wanted))))
    return [hit for _, _, hit in sorted(hits, key=lambda item: item[:2])[:most]]


def _said_otherwise(word: str) -> tuple[str, ...]:
    """Return a word and what the method, or the window, calls the same."""
    stem = word.removesuffix("s")
    pairs = [(w.plain, w.term) for w in WORDS if stem in (w.plain, w.term)]
    return pairs[0] if pairs else (word,)


def _around(text: str, wanted: Sequence[str]) -> str:
    places = [place for word in wanted if (place := text.lower().find(word)) >= 0]
    begin = max(0, min(places, default=0) - _AROUND // 3)
    if begin:
        begin = text.find(" ", begin) + 1
    shown = text[begin : begin + _AROUND]
    return ("…" if begin else "") + shown + ("…" if begin + _AROUND < len(text) else "")


def _plain(text: str) -> str:
    return " ".join(_MARKUP.sub(lambda match: match[1] or " ", text).split())
