"""Saving and loading everything a run needs to continue exactly where it was."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import torch

from tusk_core.atomic import write_bytes, write_text
from tusk_core.nn.model_files import save_model
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.nn.steering import load_steered
from tusk_core.results import ModelFileError, TrainingError

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.runs.folder import RunFolder
    from tusk_core.training.session import Session

STATE, CHECK = "training_state.pt", "training_state.json"
STATE_SCHEMA = 1


def save_checkpoint(folder: RunFolder, session: Session, *, is_best: bool, name: str) -> Path:
    """Write the model and the training state at the session's step; returns the model folder.

    Every file is atomic and the pointers move last, so that a crash or a full disk leaves the
    previous checkpoint in place.

    Raises:
        OSError: from writing.
    """
    target = folder.checkpoint(session.step)
    try:
        save_model(
            target, session.model, step=session.step, usage=session.usage.tolist(), name=name
        )
        buffer = io.BytesIO()
        torch.save({"schema": STATE_SCHEMA, **session.state_dict()}, buffer)
        content = buffer.getvalue()
        write_bytes(target / STATE, content)
        digest = hashlib.sha256(content).hexdigest()
        write_text(target / CHECK, json.dumps({"sha256": digest, "bytes": len(content)}) + "\n")
    except BaseException:
        if session.step not in {folder.pointed("latest"), folder.pointed("best")}:
            shutil.rmtree(target, ignore_errors=True)
        raise
    folder.point("latest", session.step)
    if is_best:
        folder.point("best", session.step)
    return target


def prune_checkpoints(folder: RunFolder, keep: int) -> None:
    """Delete checkpoints beyond ``keep``, evenly over the run, and old training states.

    The best and the latest always stay; the training state only of the latest two.
    """
    steps = folder.checkpoint_steps()
    for step in steps[:-2]:
        with contextlib.suppress(OSError):
            (folder.checkpoint(step) / STATE).unlink(missing_ok=True)
            (folder.checkpoint(step) / CHECK).unlink(missing_ok=True)
    protected = {folder.pointed("best"), folder.pointed("latest"), *steps[-2:]}
    others = [step for step in steps if step not in protected]
    while len(others) > keep:
        # Drop the one whose neighbours are closest: what stays is spread over the run.
        edges = [0, *others, steps[-1]]
        gaps = [edges[i + 2] - edges[i] for i in range(len(others))]
        victim = others.pop(gaps.index(min(gaps)))
        shutil.rmtree(folder.checkpoint(victim), ignore_errors=True)


def read_state(path: Path) -> dict[str, Any]:
    """Return a training state after checking that no byte of it changed.

    Raises:
        ModelFileError: if it is missing, damaged or from a newer version.
    """
    try:
        content = (path / STATE).read_bytes()
        check = json.loads((path / CHECK).read_bytes())
        whole = check["sha256"] == hashlib.sha256(content).hexdigest()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path} has no readable training state.") from error
    if not whole:
        raise ModelFileError(f"The training state in {path} is damaged.")
    try:
        state = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
    except Exception as error:
        raise ModelFileError(f"The training state in {path} cannot be read.") from error
    if not isinstance(state, dict) or state.get("schema") != STATE_SCHEMA:
        raise ModelFileError(f"The training state in {path} is of another version of TUSK.")
    return state


def newest_state(folder: RunFolder) -> tuple[int, dict[str, Any]]:
    """Return step and state of the newest checkpoint that is whole.

    Raises:
        TrainingError: if there is none.
    """
    for step in reversed(folder.checkpoint_steps()):
        with contextlib.suppress(ModelFileError):
            return step, read_state(folder.checkpoint(step))
    raise TrainingError(
        f"{folder.path} has no checkpoint to resume from. Start a new run, or fine-tune from "
        "another model."
    )


def load_matching_weights(session: Session, path: Path) -> int:
    """Copy the weights of another model whose names and shapes agree; returns how many did."""
    model, _ = load_steered(path)
    own = session.model.state_dict()
    fitting = {
        key: value
        for key, value in model.state_dict().items()
        if key in own and own[key].shape == value.shape
    }
    own_model = session.model
    own_model.load_state_dict(fitting, strict=False)
    has_clusters = isinstance(model, PhotoModel) and model.head is None
    if has_clusters and isinstance(own_model, PhotoModel):
        # Clusters have no head to take over: a new one begins as they are.
        own_model.begin_from_seed()
    return len(fitting)
