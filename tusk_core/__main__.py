"""``python -m tusk_core COMMAND``: the command line where only the engine is installed."""

import sys


def main() -> int:
    """Run one command; returns the exit status."""
    # Loading takes a second, in which Ctrl-C finds nobody else to answer it.
    try:
        from tusk_core.cli import main as run  # noqa: PLC0415 - inside, to be interruptible

        return run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
