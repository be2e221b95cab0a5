"""Stand-ins for what the map process runs; importable by a spawned process."""

from __future__ import annotations

import os
import signal
import time

import numpy as np

from tusk_core.results import EmbeddingMap


def stuck_in_import(pipe, _cache) -> None:
    """Begins to import and never ends."""
    pipe.send(("idle",))
    pipe.recv()
    pipe.send(("phase", "import"))
    time.sleep(600)


def stuck_in_fit(pipe, _cache) -> None:
    """Lays out for ever, as UMAP does: it never looks at the pipe."""
    pipe.send(("idle",))
    pipe.recv()
    pipe.send(("phase", "import"))
    pipe.send(("phase", "fit"))
    pipe.send(("progress", 1, 10, "Round 1"))
    while True:
        np.linalg.svd(np.random.default_rng(0).normal(size=(200, 200)))


def killed_in_fit(pipe, _cache) -> None:
    """Dies as if the system had run out of memory."""
    pipe.send(("idle",))
    pipe.recv()
    pipe.send(("phase", "fit"))
    os.kill(os.getpid(), signal.SIGKILL)


def dies_at_start(_pipe, _cache) -> None:
    """Never says a word."""
    raise SystemExit(3)


def simple_map(pipe, _cache) -> None:
    """Answers every request with a moving, then a final map."""
    while True:
        pipe.send(("idle",))
        message = pipe.recv()
        if message[0] != "map":
            continue
        request = message[1]
        count = min(len(request.analysis.labels), request.settings.max_points)
        indices = np.arange(count)
        stars = np.zeros((len(request.analysis.prototypes), 2), np.float32)
        points = np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32)
        pipe.send(("phase", "fit"))
        method = request.settings.method
        pipe.send(("partial", EmbeddingMap(method, 0.5 * points, indices, stars, 0.1)))
        pipe.send(("map", EmbeddingMap(method, points, indices, stars, 0.2)))
