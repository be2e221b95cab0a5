"""Find the habits of speech that texts for users should not have, in code and in pages.

    python tools/check_language.py [FOLDER]

codespell knows wrong letters; these are right words in a wrong place: "is no file" for "is not a
file", "goes on" for "continues", "looked at" for "processed", "pictures a second" for "pictures
per second", and two spellings of one word. Looked through are all texts in the code that are no
docstrings, and the pages. Where one of them is meant, it stands in ``ALLOWED``.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
CODE = ("tusk_core", "tusk_app", "tools")
PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs")

_COUNTED = (
    "pictures?|keypoints?|frames?|steps?|points?|prototypes?|detections?|objects?|names?|lines?"
    "|rows?|layers?|maps?|process|processes|individuals?"
)
_UNITS = (
    "second|minute|hour|picture|keypoint|frame|step|name|prototype|batch|run|video|GPU|class|object"
)


@dataclass(frozen=True, slots=True)
class Habit:
    """One habit.

    Attributes:
        pattern: what it looks like.
        better: what to write.
    """

    pattern: re.Pattern[str]
    better: str


HABITS = (
    Habit(
        re.compile(
            r"(?<!there )(?<!There )(?<!here )\b(?:is|are|was|were) no "
            r"(?!longer|more|fewer|less|later|better|worse|\W)\w+"
        ),
        'write "is not a …"',
    ),
    Habit(re.compile(r"\b(?:go|goes|going|gone|went) on\b"), 'write "continue", "resume" or "run"'),
    Habit(re.compile(r"\blooked at\b"), 'write "processed" or "analysed"'),
    Habit(re.compile(rf"\b(?:{_COUNTED}) an? (?:{_UNITS})\b"), 'write "per"'),
    Habit(re.compile(r"\blearnt\b"), 'write "learned"'),
    Habit(re.compile(r"\b[Aa]nalyz(?:e|ed|es|ing)\b(?!\.)"), 'write "analyse"'),
)

# Where the words are meant: (end of the path, text around them).
ALLOWED: tuple[tuple[str, str], ...] = (
    ("tools/check_language.py", ""),
    ("docs/reference/licences.md", ""),
    ("CONTRIBUTING.md", "is no"),
    ("CONTRIBUTING.md", "goes on"),
    ("docs/troubleshooting.md", "the time goes on this machine"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A habit in a text.

    Attributes:
        path: of the file, below the root.
        line: from 1.
        words: as they stand.
        better: what to write.
    """

    path: str
    line: int
    words: str
    better: str


def code_texts(source: str) -> list[tuple[int, str]]:
    """Return line and text of every string of a Python file that is not a docstring."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    texts = [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    ]
    return sorted(texts)


def page_texts(source: str) -> list[tuple[int, str]]:
    """Return number and text of every line of a page."""
    return list(enumerate(source.splitlines(), 1))


def findings(root: Path) -> Iterator[Finding]:
    """Yield every habit found below a root."""
    files = [file for folder in CODE for file in sorted((root / folder).rglob("*.py"))]
    for page in PAGES:
        path = root / page
        files += sorted(path.rglob("*.md")) if path.is_dir() else [path]
    for file in files:
        if not file.is_file():
            continue
        name = file.relative_to(root).as_posix()
        texts = code_texts if file.suffix == ".py" else page_texts
        for line, text in texts(file.read_text(encoding="utf-8")):
            yield from _in_text(name, line, text)


def _in_text(name: str, line: int, text: str) -> Iterator[Finding]:
    if any(name.endswith(end) and words in text for end, words in ALLOWED):
        return
    for habit in HABITS:
        for match in habit.pattern.finditer(text):
            yield Finding(name, line, match.group(), habit.better)


def main() -> None:
    """Print every finding; ends with 1 if there is any."""
    found = list(findings(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
    for one in found:
        print(f"{one.path}:{one.line}: {one.words!r}: {one.better}")
    if found:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
