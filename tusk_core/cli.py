"""The command line: finds the command, runs it, and turns every outcome into an exit status.

0 done, 2 bad input (one or two sentences on stderr), 130 interrupted with the work kept, 1 a bug
(the traceback is in a log file). What only one command or an error needs is loaded then, so that
``--help`` is immediate.
"""

from __future__ import annotations

import errno
import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tusk_core import __version__
from tusk_core.commands.arguments import CommandParser, UsageError
from tusk_core.commands.register import SUMMARIES, load_command
from tusk_core.control import Cancelled
from tusk_core.errors import ConfigError, TuskError
from tusk_core.places import kept_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Bench = Callable[..., dict[str, Any]]

# What a disk says that takes nothing more: full, over a quota, read-only, too large a file.
_REFUSALS = {errno.ENOSPC, errno.EROFS, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
DONE, BUG, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
COMMAND_NAMES = tuple(SUMMARIES)


def main(
    arguments: Sequence[str] | None = None, *, benches: Mapping[str, Bench] | None = None
) -> int:
    """Run one command; returns the exit status.

    Args:
        arguments: what was typed after the program's name; None takes ``sys.argv``.
        benches: measurements that `tusk bench` offers beside the engine's, by name; each returns
            plain numbers by part.
    """
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments), benches or {})
    except (UsageError, TuskError, ConfigError) as error:
        print(_one_line(str(error)), file=sys.stderr)
        return BAD_INPUT
    except (KeyboardInterrupt, Cancelled):
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output is gone, as after `| head`; that is not an error of ours.
        _forget_stdout()
        return DONE
    except Exception as error:  # noqa: BLE001 - the border of the program
        return _report_bug(error)


def _run(arguments: list[str], benches: Mapping[str, Bench]) -> int:
    parser = make_parser(benches)
    if not arguments:
        parser.print_help()
        return BAD_INPUT
    try:
        parsed = parser.parse_args(arguments)
    except SystemExit as leaving:  # --help and --version
        return int(leaving.code or 0)
    status: int = parsed.run(parsed)
    sys.stdout.flush()
    return status


def make_parser(benches: Mapping[str, Bench] | None = None) -> CommandParser:
    """Return the parser of all commands, which is also the source of their reference."""
    parser = CommandParser(
        prog="tusk",
        description="Unsupervised keypoints (TUSK): train, detect, rebuild, explore.",
        epilog="`tusk` alone opens the window; `tusk COMMAND --help` tells more.",
    )
    parser.add_argument("--version", action="version", version=f"TUSK {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=CommandParser)
    for name, summary in SUMMARIES.items():
        own = commands.add_parser(name, help=summary, description=summary)
        own.declare_late(functools.partial(_declare, name, benches or {}))
    return parser


def _declare(name: str, benches: Mapping[str, Bench], parser: CommandParser) -> None:
    command = load_command(name)
    command.add_arguments(parser)
    parser.set_defaults(run=command.run, benches=benches)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _forget_stdout() -> None:
    # Python flushes stdout once more on its way out, and would complain then.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def log_folder() -> Path:
    """Return the folder of log files; it may not exist yet."""
    import tempfile

    try:
        import platformdirs
    except ImportError:
        return kept_in("logs", Path(tempfile.gettempdir()) / "tusk-logs")
    return kept_in("logs", Path(platformdirs.user_log_dir("tusk", appauthor=False)))


def _report_bug(error: BaseException) -> int:
    import datetime as dt
    import traceback

    if isinstance(error, OSError) and error.errno in _REFUSALS:
        place = f"{error.filename}: " if error.filename else ""
        advice = "Free some space, or choose another place."
        print(f"{place}{error.strerror}. {advice}", file=sys.stderr)
        return BAD_INPUT
    text = "".join(traceback.format_exception(error))
    stamp = dt.datetime.now().astimezone().strftime("%Y-%m-%d_%H%M%S")
    path = log_folder() / f"command_{stamp}_{os.getpid()}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{' '.join(sys.argv)}\n\n{text}", encoding="utf-8")
        where = f"Details are in {path}; please report them."
    except OSError:
        print(text, file=sys.stderr)
        where = "Details are above; please report them."
    kind = type(error).__name__
    print(f"TUSK hit an internal error ({kind}: {_one_line(str(error))}).", file=sys.stderr)
    print(where, file=sys.stderr)
    return BUG
