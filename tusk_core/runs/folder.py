"""The layout of a run on disk; the only module that knows these names.

A run folder holds ``run.json``, ``config.json``, ``events.jsonl``, ``log.txt``, ``lock``,
``checkpoints/step_N/`` (a model folder and its training state), ``checkpoints/best.json`` and
``latest.json``, ``previews/`` and ``tensorboard/``.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import platform
import re
import secrets
from pathlib import Path
from typing import Any

from tusk_core import __version__
from tusk_core.atomic import write_text
from tusk_core.config import ConfigError, TrainConfig, parse_stored
from tusk_core.results import RunSummary, SourceError, TrainingError
from tusk_core.runs.lock import RunLock
from tusk_core.source_text import path_text

RUN_SCHEMA = 1
_STEP_NAME = re.compile(r"step_(\d{8,})$")
_MAX_JSON_BYTES = 2**22


class RunFolder:
    """One run's folder: paths, pointers and its description.

    Args:
        path: the folder; must exist for an opened run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events = path / "events.jsonl"
        self.previews = path / "previews"
        self.checkpoints = path / "checkpoints"
        self.tensorboard = path / "tensorboard"
        self.log = path / "log.txt"
        self._lock = RunLock(path / "lock")

    @classmethod
    def create(cls, run_root: Path, config: TrainConfig, name: str | None) -> RunFolder:
        """Make a new run folder with a sortable, readable, unique name.

        Raises:
            TrainingError: if it cannot be made.
        """
        stamp = dt.datetime.now().astimezone().strftime("%Y-%m-%d_%H%M%S")
        label = name or _label(config)
        slug = re.sub(r"[^\w.-]+", "-", label).strip("-.")[:48] or "run"
        folder = cls(run_root / f"{stamp}_{slug}_{secrets.token_hex(2)}")
        try:
            folder.found(config, label)
        except OSError as error:
            raise TrainingError(
                f"The run folder {folder.path} cannot be made: {error.strerror or error}. "
                "Choose another folder for runs.",
                cause="disk",
            ) from error
        return folder

    def found(self, config: TrainConfig, label: str) -> None:
        """Make the folder, or make it again after somebody deleted it.

        Raises:
            OSError: if it cannot be made.
        """
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        self.previews.mkdir(exist_ok=True)
        self.set_config(config)
        self.describe(
            schema=RUN_SCHEMA,
            name=label,
            status="running",
            started=dt.datetime.now().astimezone().isoformat(timespec="seconds"),
            preset=config.preset,
            source=config.data.source,
            seed=config.run.seed,
            total_steps=config.optim.steps,
            versions={"tusk": __version__, "python": platform.python_version()},
        )

    def set_config(self, config: TrainConfig) -> None:
        """Write the run's exact configuration.

        Raises:
            OSError: if the disk refuses it.
        """
        write_text(self.path / "config.json", config.model_dump_json(indent=1) + "\n")

    def lock(self) -> None:
        """Become the only writer.

        Raises:
            TrainingError: if another process is training here.
        """
        if not self._lock.acquire():
            raise TrainingError(
                f"Another process is training in {self.path}. Stop it first, or open the run "
                "to watch it."
            )

    def unlock(self) -> None:
        """Let others write."""
        self._lock.release()

    def is_locked(self) -> bool:
        """True while some process trains here."""
        probe = RunLock(self.path / "lock")
        if not (self.path / "lock").exists():
            return False
        free = probe.acquire()
        probe.release()
        return not free

    def describe(self, **values: Any) -> None:
        """Change keys of ``run.json``."""
        path = self.path / "run.json"
        known = _read_json(path) if path.exists() else {}
        write_text(path, json.dumps({**known, **values}, indent=1) + "\n")

    def description(self) -> dict[str, Any]:
        """Return ``run.json``.

        Raises:
            SourceError: if this is not a run folder.
        """
        return _read_json(self.path / "run.json")

    def config(self) -> TrainConfig:
        """Return the run's exact configuration.

        Raises:
            SourceError: if it is missing or cannot be used.
        """
        try:
            return parse_stored(_read_json(self.path / "config.json"))
        except ConfigError as error:
            raise SourceError(
                f"The settings of {self.path} cannot be used: {str(error).rstrip('.')}. If a newer "
                "TUSK made the run, update this one; else begin a new run from its model."
            ) from error

    def checkpoint(self, step: int) -> Path:
        """Return the folder of the checkpoint at ``step``."""
        return self.checkpoints / f"step_{step:08d}"

    def checkpoint_steps(self) -> tuple[int, ...]:
        """Return the steps that have a whole checkpoint, ascending."""
        if not self.checkpoints.is_dir():
            return ()
        found = (
            (_STEP_NAME.fullmatch(p.name), p) for p in self.checkpoints.iterdir() if p.is_dir()
        )
        return tuple(
            sorted(
                int(match.group(1))
                for match, path in found
                if match and (path / "config.json").is_file()
            )
        )

    def point(self, pointer: str, step: int) -> None:
        """Let ``best`` or ``latest`` name the checkpoint at ``step``."""
        text = json.dumps({"step": step, "path": self.checkpoint(step).name})
        write_text(self.checkpoints / f"{pointer}.json", text + "\n")

    def pointed(self, pointer: str) -> int | None:
        """Return the step that ``best`` or ``latest`` names, if that checkpoint is there."""
        try:
            step = _read_json(self.checkpoints / f"{pointer}.json").get("step")
        except SourceError:
            return None
        return step if isinstance(step, int) and step in self.checkpoint_steps() else None

    def best_model(self) -> Path:
        """Return the best checkpoint's model folder, else the latest.

        Raises:
            SourceError: if the run has no checkpoint yet.
        """
        step = self.pointed("best")
        if step is None:
            step = self.pointed("latest")
        if step is None:
            steps = self.checkpoint_steps()
            if not steps:
                raise SourceError(f"The run {self.path.name} has no saved model yet.")
            step = steps[-1]
        return self.checkpoint(step)

    def summary(self) -> RunSummary:
        """Return the run at a glance.

        Raises:
            SourceError: if this is not a run folder.
        """
        values = self.description()
        status = str(values.get("status", "crashed"))
        if status in {"running", "paused"} and not self.is_locked():
            status = "crashed"
        steps = self.checkpoint_steps()
        return RunSummary(
            path=self.path,
            name=str(values.get("name", self.path.name)),
            status=status,
            step=_whole(values.get("step"), steps[-1] if steps else 0),
            total_steps=_whole(values.get("total_steps"), 0),
            started=str(values.get("started", "")),
            elapsed=float(values.get("elapsed") or 0.0),
            checkpoints=steps,
            best_step=self.pointed("best"),
            preset=str(values.get("preset", "")),
            source=str(values.get("source", "")),
            problem=str(values.get("problem", "")),
            sorting=_share(values.get("sorting")),
        )


def _label(config: TrainConfig) -> str:
    source = path_text(config.data.source).partition("?")[0]
    name = source.partition(":")[2] if source.startswith("sample:") else Path(source).name
    return name or "run"


def _share(value: object) -> float | None:
    return value if isinstance(value, float) and -1 <= value <= 1 else None


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) else default


def _read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MAX_JSON_BYTES:
            raise SourceError(f"{path} is too large to belong to a run.")
        values = json.loads(path.read_bytes())
    except OSError as error:
        raise SourceError(
            f"{path.parent} is not a run folder: {path.name} cannot be read."
        ) from error
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path} is damaged: it is not valid JSON.") from error
    if not isinstance(values, dict):
        raise SourceError(f"{path} is damaged: it is not a JSON object.")
    return values


def is_run(path: Path) -> bool:
    """Tell whether a folder looks like a run."""
    return (path / "run.json").is_file() and (path / "config.json").is_file()


def read_run(path: Path) -> RunSummary:
    """Return one run at a glance.

    Raises:
        SourceError: if it is not a run folder.
    """
    return RunFolder(path).summary()


def list_runs(run_root: Path) -> tuple[RunSummary, ...]:
    """Return the runs under ``run_root``, newest first; unreadable ones are left out."""
    if not run_root.is_dir():
        return ()
    found = []
    for path in run_root.iterdir():
        if is_run(path):
            with contextlib.suppress(SourceError):
                found.append(read_run(path))
    return tuple(sorted(found, key=lambda run: (run.started, run.path.name), reverse=True))
