"""How a source is written: ``sample:tetrominoes?count=500``, ``clevr6:FILE?split=test``, a path."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from tusk_core.results import SourceError

_PREFIX = re.compile(r"[a-z][a-z0-9-]+\Z")


@dataclass(frozen=True, slots=True)
class SourceName:
    """A source as typed, taken apart.

    Attributes:
        prefix: such as ``sample``; empty for a plain path.
        target: what follows the colon, or the whole path.
        options: ``?name=value&name=value``.
    """

    prefix: str
    target: str
    options: dict[str, str] = field(default_factory=dict)


def parse_source(text: str, prefixes: frozenset[str]) -> SourceName:
    """Take a source apart; only known prefixes count, so that a drive letter stays a path.

    Raises:
        SourceError: if an option is written wrongly.
    """
    prefix, colon, rest = text.partition(":")
    if not colon or not _PREFIX.match(prefix) or prefix not in prefixes:
        return SourceName("", text)
    target, _, query = rest.partition("?")
    options: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        name, equals, value = part.partition("=")
        if not equals or not name:
            raise SourceError(f"In {text!r}, {part!r} is not an option; write it as name=value.")
        options[name] = unquote(value)
    return SourceName(prefix, target, options)


def user_path(text: str) -> Path:
    """Return a path as typed, ``~`` meaning the home folder.

    Raises:
        SourceError: if no file can have that name.
    """
    try:
        path = Path(text).expanduser()
        path.exists()
    except RuntimeError:
        return Path(text)
    except (OSError, ValueError) as error:
        raise SourceError(f"{text[:200]!r} cannot be the name of a file ({error}).") from error
    return path


def check_options(name: SourceName, allowed: tuple[str, ...]) -> None:
    """Refuse options that mean nothing.

    Raises:
        SourceError: naming the first unknown one.
    """
    for option in name.options:
        if option not in allowed:
            known = ", ".join(allowed) or "none"
            raise SourceError(
                f"{name.prefix}:{name.target} has no option {option!r}; there are: {known}."
            )


def whole_number(name: SourceName, option: str, default: int, *, least: int, most: int) -> int:
    """Return an option as a whole number.

    Raises:
        SourceError: if it is none or out of range.
    """
    raw = name.options.get(option)
    if raw is None:
        return default
    if not re.fullmatch(r"\d{1,12}", raw) or not least <= int(raw) <= most:
        raise SourceError(f"{option} must be a whole number from {least} to {most}, got {raw!r}.")
    return int(raw)


def one_of(name: SourceName, option: str, default: str, choices: tuple[str, ...]) -> str:
    """Return an option that must be one of ``choices``.

    Raises:
        SourceError: if it is not.
    """
    value = name.options.get(option, default)
    if value not in choices:
        raise SourceError(f"{option} must be one of {', '.join(choices)}, got {value!r}.")
    return value
