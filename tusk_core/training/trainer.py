"""The training loop: a generator of events, steered by a control (DESIGN: engine shape)."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import logging
import queue
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch

from tusk_core.config import TrainConfig, replaced
from tusk_core.control import Cancelled
from tusk_core.data.cache import PictureCache, build_cache
from tusk_core.events import (
    CheckpointSaved,
    Notice,
    PhaseChanged,
    RunFinished,
    RunStarted,
    StepDone,
    TrainEvent,
)
from tusk_core.nn.device import choose_device, limit_threads
from tusk_core.results import DeviceInfo, SourceError, TrainingError, TuskError
from tusk_core.training.checkpoint import (
    load_matching_weights,
    newest_state,
    prune_checkpoints,
    save_checkpoint,
)
from tusk_core.training.distributed import Team, join_team
from tusk_core.training.estimate import peak_memory
from tusk_core.training.event_log import write_preview
from tusk_core.training.held_out import Division, divide, held_out_loss
from tusk_core.training.journal import Journal
from tusk_core.training.preview import make_preview
from tusk_core.training.run_folder import RunFolder, is_run
from tusk_core.training.session import Session
from tusk_core.training.views import batch_indices, to_batch

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tusk_core.control import RunControl

log = logging.getLogger(__name__)

NUM_PROBES = 8
_SPEED_MEMORY = 0.9
_PAUSE_POLL_S = 0.2
_READ_POLL_S = 0.1


def run_training(
    config: TrainConfig,
    control: RunControl,
    *,
    run_root: Path,
    name: str | None = None,
    start_from: str | Path | None = None,
) -> Iterator[TrainEvent]:
    """Train a new model; see ``tusk_core.api.train``."""
    team = join_team()
    device = _device(config, team)
    folder = _new_folder(run_root, config, name, team)
    yield from _guarded(Run(config, control, folder, team, device), start_from=start_from)


def resume_training(
    run: Path,
    control: RunControl,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    device: str | None = None,
) -> Iterator[TrainEvent]:
    """Go on with a run; see ``tusk_core.api.resume``."""
    if not is_run(run):
        raise SourceError(
            f"{run} is not a run folder: it has no run.json and config.json. A model by itself "
            "cannot be resumed; begin a new run from its weights (--start-from)."
        )
    folder = RunFolder(run)
    config = folder.config()
    changes: dict[str, object] = {}
    if steps is not None:
        changes["optim.steps"] = steps
    if minutes is not None:
        changes["optim.minutes"] = minutes
    if device is not None:
        changes["run.device"] = device
    config = replaced(config, changes)
    team = join_team()
    chosen = _device(config, team)
    yield from _guarded(Run(config, control, folder, team, chosen), resumed=True)


def _device(config: TrainConfig, team: Team) -> DeviceInfo:
    if team.size > 1 and config.run.device == "auto" and torch.cuda.is_available():
        return choose_device(f"cuda:{team.local_rank}")
    return choose_device(config.run.device)


def _new_folder(run_root: Path, config: TrainConfig, name: str | None, team: Team) -> RunFolder:
    folder = RunFolder.create(run_root, config, name) if team.is_main else None
    path = team.share_text(str(folder.path) if folder else "")
    return folder or RunFolder(Path(path))


def _guarded(
    run: Run, *, resumed: bool = False, start_from: str | Path | None = None
) -> Iterator[TrainEvent]:
    """Run and, whatever happens, leave a folder that tells what it was."""
    try:
        yield from run.events(resumed=resumed, start_from=start_from)
    except GeneratorExit:
        run.close("stopped")
        raise
    except BaseException as error:
        run.close("failed", problem=str(error) or type(error).__name__)
        raise
    else:
        run.close(run.status)


@dataclass(slots=True)
class _Pace:
    """Smoothed speed and the time left."""

    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        memory = _SPEED_MEMORY if self.seconds else 0.0
        self.seconds = memory * self.seconds + (1 - memory) * seconds


class Run:
    """One run from its first event to its last.

    Args:
        config: of the run.
        control: stop, pause, save.
        folder: already made.
        team: of processes.
        device: chosen.
    """

    def __init__(
        self,
        config: TrainConfig,
        control: RunControl,
        folder: RunFolder,
        team: Team,
        device: DeviceInfo,
    ) -> None:
        self.config = config
        self.control = control
        self.folder = folder
        self.team = team
        self.device = device
        self.status = "running"
        self._journal: Journal | None = None
        self._session: Session | None = None
        self._division: Division | None = None
        self._pace = _Pace()
        self._last_preview = 0.0
        self._saved_step = -1

    def close(self, status: str, *, problem: str = "") -> None:
        """Write the last word about the run and let go of its files."""
        if not self.team.is_main:
            return
        values: dict[str, object] = {
            "status": status,
            "problem": problem,
            "ended": dt.datetime.now().astimezone().isoformat(timespec="seconds"),
        }
        if self._session is not None:
            values |= {"step": self._session.step, "elapsed": round(self._session.elapsed, 3)}
        with contextlib.suppress(OSError):
            self.folder.describe(**values)
        if self._journal is not None:
            self._journal.close()
        self.folder.unlock()

    def events(
        self, *, resumed: bool, start_from: str | Path | None
    ) -> Generator[TrainEvent, None, None]:
        """Yield every event of the run, logging each."""
        if self.team.is_main:
            self.folder.lock()
            self.folder.describe(
                status="running",
                problem="",
                device=self.device.name,
                total_steps=self.config.optim.steps,
            )
            self._journal = Journal(self.folder, self.config)
        for event in self._events(resumed=resumed, start_from=start_from):
            notice = self._journal.write(event) if self._journal is not None else None
            if notice is not None:
                yield notice
            yield event

    def _events(
        self, *, resumed: bool, start_from: str | Path | None
    ) -> Generator[TrainEvent, None, None]:
        limit_threads(self.config.run.threads)
        try:
            cache = yield from self._load_pictures()
        except Cancelled:
            self.status = "stopped"
            yield RunFinished(0, "stopped", self.folder.path)
            return
        division = divide(cache, self.config.data.held_out, self.config.run.seed)
        self._division = division
        notice = division.notice()
        if notice is not None:
            yield notice
        session = yield from self._build_session(division, resumed=resumed, start_from=start_from)
        yield RunStarted(
            run_dir=self.folder.path,
            first_step=session.step,
            total_steps=self.config.optim.steps,
            device=self.device.name,
            device_reason=self.device.reason,
            num_pictures=len(division.training),
        )
        yield PhaseChanged("first batch", "The first step is the slowest.")
        probes = self._probes(division)
        yield make_preview(session.model, probes, session.step, session.usage)
        reason = yield from self._loop(session, division, probes)
        if session.step > self._saved_step:
            yield from self._save(session, probes)
        yield make_preview(session.model, probes, session.step, session.usage)
        self.status = "stopped" if reason == "stopped" else "completed"
        best = self.folder.best_model() if self.folder.checkpoint_steps() else None
        yield RunFinished(session.step, reason, self.folder.path, best)

    def _load_pictures(self) -> Generator[TrainEvent, None, PictureCache]:
        yield PhaseChanged("loading data", f"Reading {self.config.data.source or 'pictures'}.")
        news: queue.SimpleQueue[PhaseChanged] = queue.SimpleQueue()

        def report(done: int, total: int, message: str) -> None:
            news.put(PhaseChanged("loading data", message, done / total if total else None))

        # The reader tells its progress by a call; a thread turns that into events.
        with ThreadPoolExecutor(1, thread_name_prefix="tusk-reader") as pool:
            reading = pool.submit(
                build_cache,
                self.config.data,
                seed=self.config.run.seed,
                progress=report,
                control=self.control,
            )
            while not reading.done():
                with contextlib.suppress(queue.Empty):
                    yield news.get(timeout=_READ_POLL_S)
            cache = reading.result()
        if cache.skipped:
            first = cache.skipped[0]
            yield Notice(
                "warning",
                f"{len(cache.skipped)} files were skipped, such as {first.path.name}: "
                f"{first.reason}.",
            )
        return cache

    def _build_session(
        self, division: Division, *, resumed: bool, start_from: str | Path | None
    ) -> Generator[TrainEvent, None, Session]:
        yield PhaseChanged("building model", f"On {self.device.name}. {self.device.reason}")
        session = Session(self.config, torch.device(self.device.name), self.team)
        self._session = session
        if resumed:
            step, state = newest_state(self.folder)
            session.load_state_dict(state)
            yield Notice("info", f"Going on from step {step}.")
        else:
            session.set_mean_picture(division.mean_picture())
        if start_from is not None:
            path = Path(start_from)
            count, total = load_matching_weights(session, path), len(session.model.state_dict())
            rest = "all" if count == total else f"{count} of {total}"
            anew = "" if count == total else "; the others begin anew, their shapes differ"
            yield Notice("info", f"Started from {path.name}: {rest} groups of weights fit{anew}.")
        if self.config.run.compile and self.device.name.startswith("cuda"):
            session.model.encoder.compile()
            session.model.decoder.network.compile()
        return session

    def _probes(self, division: Division) -> torch.Tensor:
        return to_batch(division.spread(NUM_PROBES), torch.device(self.device.name))

    def _loop(
        self, session: Session, division: Division, probes: torch.Tensor
    ) -> Generator[TrainEvent, None, Literal["completed", "time limit", "stopped"]]:
        training = False
        while session.step < self.config.optim.steps:
            yield from self._hold_while_paused(session, probes)
            if self.team.agree(flag=self.control.stop_requested):
                return "stopped"
            limit = self.config.optim.minutes * 60
            if self.team.agree(flag=bool(limit) and session.elapsed >= limit):
                return "time limit"
            yield from self._one_step(session, division)
            if not training:
                yield PhaseChanged("training")
                training = True
            yield from self._after_step(session, probes)
        return "completed"

    def _one_step(self, session: Session, division: Division) -> Generator[TrainEvent, None, None]:
        begin = time.perf_counter()
        batch = self.config.optim.batch_size
        rows = batch_indices(len(division.training), batch, session.step, self.config.run.seed)
        images = to_batch(division.images[division.training[rows]], session.device)
        while True:
            out_of_memory = False
            try:
                result = session.train_step(images)
            except torch.OutOfMemoryError:
                out_of_memory = True
            # Recover outside the handler: its traceback would keep the tensors alive.
            if not out_of_memory:
                break
            yield self._smaller_parts(session, batch)
        seconds = time.perf_counter() - begin
        session.elapsed += seconds
        self._pace.add(seconds)
        yield StepDone(
            step=session.step,
            losses=result.losses,
            seconds=seconds,
            pictures_per_second=batch / self._pace.seconds,
            elapsed=session.elapsed,
            remaining=self._remaining(session),
            learning_rate=float(session.optimiser.param_groups[0]["lr"]),
            memory_bytes=peak_memory(session.device.type) or None,
        )

    def _smaller_parts(self, session: Session, batch: int) -> Notice:
        session.optimiser.zero_grad(set_to_none=True)
        gc.collect()
        torch.cuda.empty_cache()
        share = batch // self.team.size
        if session.parts >= share:
            raise TrainingError(
                f"{self.device.label} ran out of memory with a single picture at "
                f"{self.config.data.width}×{self.config.data.height} px. Use smaller pictures, "
                "narrower networks or the CPU."
            )
        session.parts = min(share, session.parts * 2)
        return Notice(
            "warning",
            f"{self.device.label} ran out of memory. Each batch of {batch} is now worked on in "
            f"{session.parts} parts; the result is the same, only slower.",
        )

    def _remaining(self, session: Session) -> float | None:
        if session.step < 3:
            return None
        left = (self.config.optim.steps - session.step) * self._pace.seconds
        if self.config.optim.minutes:
            left = min(left, max(0.0, self.config.optim.minutes * 60 - session.elapsed))
        return left

    def _hold_while_paused(
        self, session: Session, probes: torch.Tensor
    ) -> Generator[TrainEvent, None, None]:
        if not self.control.is_paused:
            return
        yield PhaseChanged("paused", "Memory is kept while paused.")
        self._describe("paused")
        while not self.control.wait_while_paused(_PAUSE_POLL_S):
            if self.control.take_checkpoint_request():
                yield from self._save(session, probes)
        self._describe("running")
        if not self.control.stop_requested:
            yield PhaseChanged("training")

    def _describe(self, status: str) -> None:
        with contextlib.suppress(OSError):  # who looks from outside sees the older word
            self.folder.describe(status=status)

    def _after_step(
        self, session: Session, probes: torch.Tensor
    ) -> Generator[TrainEvent, None, None]:
        wanted = self.control.take_checkpoint_request()
        if wanted or session.step % self.config.run.checkpoint_every == 0:
            yield from self._save(session, probes)
        now = time.monotonic()
        if now - self._last_preview >= self.config.run.preview_every:
            yield make_preview(session.model, probes, session.step, session.usage)
            # Counted from the end, so that slow previews never eat the training.
            self._last_preview = time.monotonic()

    def _save(self, session: Session, probes: torch.Tensor) -> Generator[TrainEvent, None, None]:
        if not self.team.is_main or self._journal is None:
            return
        held_out = held_out_loss(session, self._division) if self._division else None
        score = session.smoothed if held_out is None else held_out
        is_best = score <= session.best
        session.best = min(session.best, score)
        try:
            name = self._journal.label
            path = save_checkpoint(self.folder, session, is_best=is_best, name=name)
            prune_checkpoints(self.folder, self.config.run.keep_checkpoints)
            preview = make_preview(session.model, probes, session.step, session.usage)
            write_preview(self.folder.previews / f"step_{session.step:08d}.npz", preview)
            self.folder.describe(step=session.step, elapsed=round(session.elapsed, 3))
        except (OSError, RuntimeError, TuskError) as error:
            log.exception("checkpoint not saved")
            reason = getattr(error, "strerror", None) or error
            yield Notice(
                "warning",
                f"The checkpoint at step {session.step} was not saved: {reason}. Training goes "
                "on; free some disk space and save again.",
            )
            return
        self._saved_step = session.step
        yield CheckpointSaved(session.step, path, is_best, held_out)
