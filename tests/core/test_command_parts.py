"""What commands are made of: words read or refused, progress drawn, Ctrl-C, names of settings."""

from __future__ import annotations

import argparse
import functools
import io
import json
import signal
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tusk_core import cli
from tusk_core.commands import arguments as words
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.opening import all_cores, chosen_names
from tusk_core.commands.settings import all_settings
from tusk_core.commands.terminal import Terminal, duration, finish, follow
from tusk_core.config import ConfigError, TrainConfig, parse_config, replaced
from tusk_core.control import RunControl
from tusk_core.events import JobProgress
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from pathlib import Path

every = settings(max_examples=40, deadline=None, derandomize=True, database=None)
# The engine lets the processor treat the smallest numbers as 0, as networks want it.
numbers = functools.partial(st.floats, allow_subnormal=False)
typed = st.text(st.sampled_from("0123456789.-+einfa cudoptm:/~\0é"), max_size=8)


class Screen(io.TextIOWrapper):
    """A terminal of a kind."""

    def __init__(self, encoding: str = "utf-8", *, is_terminal: bool = True) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="")
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)


def read(reader, text: str):
    """What a reader makes of a word, or the sentence with which it refuses it."""
    try:
        return reader(text)
    except argparse.ArgumentTypeError as error:
        return str(error)


@every
@given(typed)
def test_every_word_is_read_within_its_range_or_refused_with_what_is_wanted(text) -> None:
    ranges = {
        words.whole_number: lambda value: value >= 1,
        words.seed: lambda value: 0 <= value < 2**31,
        words.positive: lambda value: 0 < value < float("inf"),
        words.share: lambda value: 0 <= value <= 1,
        words.tiles: lambda value: value is None or value == 0 or 8 <= value <= 65_536,
    }
    for reader, is_right in ranges.items():
        value = read(reader, text)
        assert value.startswith("must be ") if isinstance(value, str) else is_right(value), text
    for reader in (words.device, words.path):
        read(reader, text)


@every
@given(st.integers(1, 10**9 - 1), st.integers(0, 2**31 - 1), numbers(0, 1))
def test_numbers_are_read_as_they_are_written(count, seed, share) -> None:
    assert words.whole_number(str(count)) == count
    assert words.seed(str(seed)) == seed
    assert words.share(repr(share)) == share


@every
@given(numbers(0, 3e5))
def test_a_duration_reads_as_hours_minutes_and_seconds(seconds) -> None:
    parts = [int(part) for part in duration(seconds).split(":")]
    total = sum(part * 60**place for place, part in enumerate(reversed(parts)))
    assert total == round(seconds)
    assert all(part < 60 for part in parts[1:])


def test_where_the_terminal_cannot_draw_blocks_it_draws_what_it_can() -> None:
    screen = Screen("ascii")
    terminal = Terminal(screen)
    terminal.progress(1, 2, "été")
    assert "#" in screen.text()
    assert "50%" in screen.text()
    terminal.clear()
    assert screen.text().endswith("\r\x1b[K")


def test_without_a_terminal_a_phase_is_said_once_and_the_end_always(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal = Terminal(Screen(is_terminal=False))
    for text in ("Opening.", "Opening.", "Reading."):
        terminal.phase(text)
    for done in range(11):
        terminal.progress(done, 10, f"picture {done}", 5.0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Opening.", "Reading."]
    assert lines[-1] == "100%  picture 10"
    assert len(lines) < 6, "not a line for every step"


def test_a_job_shows_its_progress_and_gives_the_rest() -> None:
    screen = Screen()
    job = [JobProgress(1, 2, "half", None), "result", JobProgress(2, 2, "whole", None)]
    assert list(follow(job, Terminal(screen))) == ["result"]
    assert "whole" in screen.text()
    finish(iter([JobProgress(1, 1, "all", None)]), Terminal(screen))
    assert screen.text().endswith("\r\x1b[K"), "nothing stays behind"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_interrupt_asks_and_the_second_ends(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    control, before = RunControl(), signal.getsignal(number)

    def twice() -> None:
        with stopping(control, "Stopping after this step…") as interrupts:
            signal.raise_signal(number)
            assert interrupts.happened
            assert control.stop_requested
            signal.raise_signal(number)

    with pytest.raises(KeyboardInterrupt):
        twice()
    assert "Press Ctrl-C again" in capsys.readouterr().err
    assert signal.getsignal(number) is before


def test_beside_the_main_thread_signals_are_left_alone() -> None:
    seen: list[bool] = []

    def work() -> None:
        with stopping(RunControl(), "") as interrupts:
            seen.append(interrupts.happened)

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]
    assert signal.getsignal(signal.SIGINT) is before


def test_every_setting_is_listed_by_the_name_that_sets_it() -> None:
    found = list(all_settings())
    config = replaced(TrainConfig(), {info.name: info.default for info in found})
    assert config == TrainConfig()
    assert parse_config(config.model_dump(mode="json")) == config
    for info in found:
        assert info.description.strip(), info.name
        assert info.kind, info.name
        assert "<class" not in info.kind, info.name
    with pytest.raises(ConfigError):
        replaced(TrainConfig(), {"encoder.nothing": 1})


def test_settings_can_be_searched_and_read_by_programs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["settings", "optim.", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["name"].partition(".")[0] for row in rows} == {"optim"}
    assert cli.main(["settings", "nothing-like-it"]) == 2
    assert "`tusk settings` lists them all" in capsys.readouterr().err


def test_names_come_from_the_file_that_was_given_else_from_beside_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = tmp_path / "prototypes.json"
    beside.write_text('{"names": {"1": "eye"}, "merged": {"2": 1}, "hidden": [3]}')
    assert chosen_names(None, tmp_path).names == {1: "eye"}
    assert not chosen_names(None, tmp_path).merged, "merges only where they are asked for"
    assert chosen_names(beside, None).merged == {2: 1}
    assert chosen_names(None, None).names == {}
    with pytest.raises(SourceError):
        chosen_names(tmp_path / "gone.json", tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert all_cores() == 0
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert all_cores() >= 1


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(cli.COMMAND_NAMES) > 15
    for name in cli.COMMAND_NAMES:
        with pytest.raises(SystemExit) as ended:
            cli.make_parser().parse_args([name, "--help"])
        assert ended.value.code == 0
        shown = capsys.readouterr().out
        assert shown.startswith(f"usage: tusk {name}")
        assert "\n\n" in shown, f"{name} says nothing about itself"
