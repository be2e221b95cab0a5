"""What runs in the map process: imports UMAP or t-SNE, lays maps out, answers through a pipe.

This module imports neither Qt nor anything slow, because the process imports it first.
Messages are tuples that begin with a word:

to the process      ``("warm", method)``, ``("map", MapRequest)``, ``("quit",)``
from the process    ``("idle",)``, ``("phase", name)``, ``("progress", done, total, message)``,
                    ``("partial", EmbeddingMap)``, ``("map", EmbeddingMap)``, ``("failed", text)``
"""

from __future__ import annotations

import contextlib
import os
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from tusk_app.map.model import MapMethod, MapSettings
    from tusk_core.results import Analysis

PHASE_IMPORT = "import"
PHASE_FIT = "fit"


@dataclass(frozen=True, slots=True, eq=False)
class MapRequest:
    """One map to lay out."""

    analysis: Analysis
    settings: MapSettings


def child_main(pipe: Connection, numba_cache: Path) -> None:
    """Serve requests until ``quit`` or until the other end of the pipe is gone."""
    # numba otherwise keeps its compiled kernels beside the package, which may be read-only.
    os.environ.setdefault("NUMBA_CACHE_DIR", str(numba_cache))
    with contextlib.suppress(OSError, AttributeError):
        os.nice(5)
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt, ConnectionResetError):
        while True:
            pipe.send(("idle",))
            message = pipe.recv()
            if message[0] == "quit":
                return
            _serve(pipe, message)


def _serve(pipe: Connection, message: tuple[object, ...]) -> None:
    try:
        if message[0] == "warm":
            _import(pipe, str(message[1]))
            _warm_up(str(message[1]))
            return
        request = message[1]
        assert isinstance(request, MapRequest)
        _import(pipe, request.settings.method)
        _lay_out(pipe, request)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise
    except Exception as error:  # noqa: BLE001 - the border of the process: reported to the window
        pipe.send(("failed", f"{type(error).__name__}: {error}", traceback.format_exc()))


def _import(pipe: Connection, method: str) -> None:
    from tusk_core import api

    pipe.send(("phase", PHASE_IMPORT))
    api.load_map_method(method)


def _warm_up(method: str) -> None:
    """Lay out a few made-up points: both libraries compile kernels the first time they are used."""
    import numpy as np

    from tusk_core import api
    from tusk_core.results import Analysis, EmbeddingMap

    rng = np.random.default_rng(0)
    count = 200
    made = Analysis(
        model_fingerprint="",
        source="",
        picture_names=("",),
        picture_sizes=np.ones((1, 2), np.int32),
        picture_errors=np.zeros(1, np.float32),
        times=np.zeros(1),
        picture=np.zeros(count, np.int32),
        xy=np.zeros((count, 2), np.float32),
        scores=np.ones(count, np.float32),
        labels=np.zeros(count, np.int32),
        descriptors=rng.normal(size=(count, 8)).astype(np.float16),
        classes=np.full(count, -1, np.int32),
        class_names=(),
        prototypes=rng.normal(size=(4, 8)).astype(np.float32),
    )
    chosen: MapMethod = "tsne" if method == "tsne" else "umap"
    for event in api.embed(made, method=chosen, max_points=count):
        if isinstance(event, EmbeddingMap):
            return


def _lay_out(pipe: Connection, request: MapRequest) -> None:
    from tusk_core import api
    from tusk_core.results import EmbeddingMap

    pipe.send(("phase", PHASE_FIT))
    settings = request.settings
    newest = None
    for event in api.embed(
        request.analysis,
        method=settings.method,
        max_points=settings.max_points,
        seed=settings.seed,
        neighbours=settings.neighbours,
    ):
        if isinstance(event, EmbeddingMap):
            newest = event
            if settings.method == "tsne":
                pipe.send(("partial", event))
        else:
            pipe.send(("progress", event.done, event.total, event.message))
    if newest is None:
        raise RuntimeError("no map came out")
    pipe.send(("map", newest))
