"""Numbers and names that are typed: what is taken, and that the rest is refused in a sentence."""

from __future__ import annotations

import argparse
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tusk_core.commands import arguments
from tusk_core.commands.arguments import CommandParser, UsageError
from tusk_core.commands.register import SUMMARIES, load_command

every = settings(max_examples=60, deadline=None, derandomize=True, database=None)
words = st.text(st.sampled_from("0123456789.-+eE xinfa,:"), max_size=6)
TYPES = ("whole_number", "index", "seed", "positive", "share", "tiles", "device")


@pytest.mark.parametrize("name", TYPES)
@every
@given(words)
def test_a_type_takes_a_word_or_refuses_it(name: str, word: str) -> None:
    """Never another error: argparse would print a traceback."""
    with contextlib.suppress(argparse.ArgumentTypeError):
        check(name, word, getattr(arguments, name)(word))


def check(name: str, word: str, value: object) -> None:
    """What was taken is what was typed."""
    if name == "share":
        assert 0 <= value == float(word) <= 1
    if name in {"whole_number", "index", "seed", "positive"}:
        assert value >= (0 if name in {"index", "seed"} else 1e-300)
        assert value == float(word)


@every
@given(st.integers(1, 10**6))
def test_whole_numbers_are_taken_as_they_are(number: int) -> None:
    assert arguments.whole_number(str(number)) == arguments.index(str(number)) == number


def test_a_command_is_declared_when_it_is_typed_and_once_only() -> None:
    declared: list[str] = []

    def declare(parser: CommandParser) -> None:
        declared.append(parser.prog)
        parser.add_argument("--count", type=int)

    parser = CommandParser(prog="tusk")
    commands = parser.add_subparsers(parser_class=CommandParser)
    for name in ("one", "two"):
        commands.add_parser(name).declare_late(declare)
    assert "one" in parser.format_help()
    assert declared == []
    assert parser.parse_args(["two", "--count", "3"]).count == 3
    assert parser.parse_args(["two", "--count", "4"]).count == 4
    assert declared == ["tusk two"]
    assert "--count" in commands.choices["one"].format_help()
    assert declared == ["tusk two", "tusk one"]


def test_an_error_is_a_sentence_that_names_the_command() -> None:
    parser = CommandParser(prog="tusk")
    parser.add_argument("number", type=int)
    with pytest.raises(UsageError, match=r"^Argument number: .*`tusk --help` lists"):
        parser.parse_args(["many"])


@pytest.mark.parametrize("name", SUMMARIES)
def test_every_command_that_is_listed_is_there(name: str) -> None:
    command = load_command(name)
    assert callable(command.run)
    assert callable(command.add_arguments)
    assert SUMMARIES[name].endswith(".")
