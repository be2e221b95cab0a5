"""``python -m tusk_core COMMAND``: the command line where only the engine is installed."""

import sys

from tusk_core.loading import interruptible


def main() -> int:
    """Run one command; returns the exit status."""
    return interruptible(_run)


def _run() -> int:
    from tusk_core.cli import main as run  # noqa: PLC0415 - takes a second; see interruptible

    return run()


if __name__ == "__main__":
    sys.exit(main())
