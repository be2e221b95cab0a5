"""Find public names of the program that only tests use.

    python tools/check_used.py

Tests see what a user sees: a member that exists for them alone is a keyhole. Those of ``KNOWN``
were there before this check and go one by one; nothing is added to them.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
CODE = ("tusk_core", "tusk_app")
USERS = (*CODE, "tools", "packaging")
WORD = re.compile(r"[A-Za-z_]\w+")
QT_NAME = re.compile(r"[a-z]+[A-Z]")  # what Qt calls, such as paintEvent
QT_WORDS = frozenset({"validate"})
KNOWN = frozenset({
    "decode_picture", "geometry_of_lines", "has_layer", "num_waiting", "position_of",
    "visible_rows",
})  # fmt: skip


def count_words(files: Iterable[Path]) -> Counter[str]:
    """Return how often each word stands in some files."""
    words: Counter[str] = Counter()
    for file in files:
        words.update(WORD.findall(file.read_text(encoding="utf-8")))
    return words


def defined(source: str) -> Iterator[tuple[str, int]]:
    """Yield public functions, methods and classes of a file with their lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            is_qt = QT_NAME.match(node.name) or node.name in QT_WORDS
            if not node.name.startswith("_") and not is_qt:
                yield node.name, node.lineno


def unused(root: Path) -> Iterator[tuple[Path, int, str]]:
    """Yield names that stand nowhere in the program but where they are defined."""
    folders = [root / folder for folder in USERS]
    words = count_words(file for folder in folders for file in sorted(folder.rglob("*.py")))
    for folder in CODE:
        for file in sorted((root / folder).rglob("*.py")):
            for name, line in defined(file.read_text(encoding="utf-8")):
                if words[name] == 1 and name not in KNOWN:
                    yield file.relative_to(root), line, name


def main() -> None:
    """Print every name that only tests, or nobody, use; ends with 1 if there is any."""
    found = list(unused(ROOT))
    for file, line, name in found:
        print(f"{file}:{line}: {name} is used by nothing but tests; test what a user sees instead")
    if found:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
