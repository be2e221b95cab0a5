"""Two processes that share a job, as ``torchrun`` starts them: this one, and another beside it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

TRAIN = """
import json, sys
from pathlib import Path
from tusk_core import api
from tusk_core.config import parse_config
from tusk_core.control import RunControl
config = parse_config(json.loads(sys.argv[1]))
list(api.train(config, RunControl(), run_root=Path(sys.argv[2])))
"""


@contextlib.contextmanager
def team_of_two(code: str, *arguments: str) -> Iterator[None]:
    """Be member 0 inside the block, while member 1 runs ``code``, which must end well.

    ``torchrun`` itself, which loads torch once more, is run by the guide to clusters.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    other_one = {**shared, "RANK": "1", "LOCAL_RANK": "1", "OMP_NUM_THREADS": "1"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**shared, "RANK": "0", "LOCAL_RANK": "0"}.items():
            patch.setenv(name, value)
        with subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, **other_one, "PYTHONPATH": os.pathsep.join(sys.path)},
        ) as other:
            try:
                yield
                assert other.wait(timeout=110) == 0
            finally:
                other.kill()
                if torch.distributed.is_initialized():
                    torch.distributed.destroy_process_group()
