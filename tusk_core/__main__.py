"""``python -m tusk_core COMMAND``: the command line where only the engine is installed."""

import sys

from tusk_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
