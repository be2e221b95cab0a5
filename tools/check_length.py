"""Find files of code that are too long to be read at once and do not say why.

    python tools/check_length.py [FOLDER]

A file of more than ``MOST_LINES`` lines is split, or its first docstring says in the words "longer
than other files" why it is not.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
CODE = ("tusk_core", "tusk_app", "tools")
MOST_LINES = 400
REASON = "longer than other files"


def too_long(root: Path) -> Iterator[tuple[Path, int]]:
    """Yield every file below a root that is too long without a reason, with its lines."""
    for folder in CODE:
        for file in sorted((root / folder).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            num_lines = len(text.splitlines())
            if num_lines > MOST_LINES and not has_reason(text):
                yield file.relative_to(root), num_lines


def has_reason(source: str) -> bool:
    """Return whether the first docstring says why the file is long."""
    words = " ".join((ast.get_docstring(ast.parse(source)) or "").lower().split())
    return REASON in words


def main() -> None:
    """Print every file that is too long; ends with 1 if there is any."""
    found = list(too_long(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
    for file, num_lines in found:
        print(f"{file}: {num_lines} lines; split it, or say at its top why it is {REASON}")
    if found:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
