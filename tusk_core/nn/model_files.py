"""Model folders: ``model.safetensors`` + ``config.json`` + ``README.md``, safe to share.

A stranger's folder can never run code: weights are safetensors, settings are JSON, and both are
checked (size, names, shapes, types, finite numbers) before the model is built.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from tusk_core import __version__
from tusk_core.atomic import replacing, write_text
from tusk_core.config import ConfigError, TrainConfig, parse_stored
from tusk_core.nn.build import build_model
from tusk_core.results import ModelFileError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from tusk_core.nn.model import TuskModel

WEIGHTS, SETTINGS, CARD = "model.safetensors", "config.json", "README.md"
MODEL_SCHEMA = 1
MAX_WEIGHT_BYTES = 4 * 2**30
MAX_SETTINGS_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class ModelMeta:
    """What a model folder says beside the weights.

    Attributes:
        config: settings it was trained with.
        step: training step.
        usage: share of training keypoints on each prototype, M numbers.
        fingerprint: 16 hexadecimal digits, a hash of the weights.
        name: for people.
    """

    config: TrainConfig
    step: int
    usage: tuple[float, ...]
    fingerprint: str
    name: str


def fingerprint(state: dict[str, Tensor]) -> str:
    """Return 16 hexadecimal digits that change when any weight does."""
    digest = hashlib.sha256()
    for key in sorted(state):
        tensor = state[key].detach().to("cpu", torch.float32).contiguous()
        digest.update(key.encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()[:16]


def save_model(
    folder: Path,
    model: TuskModel,
    *,
    step: int,
    usage: list[float],
    name: str,
    card: str = "",
    half: bool = False,
) -> None:
    """Write a model folder; each file is atomic.

    Args:
        folder: made if missing.
        model: weights and settings.
        step: training step.
        usage: share of keypoints on each prototype, M numbers.
        name: for people.
        card: text of the model card; a short one is written when empty.
        half: store weights in half precision, for models that ship.

    Raises:
        OSError: from writing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dtype = torch.float16 if half else torch.float32
    state = {k: v.detach().to("cpu", dtype).contiguous() for k, v in model.state_dict().items()}
    meta = {
        "model_schema": MODEL_SCHEMA,
        "program": f"TUSK {__version__}",
        "name": name,
        "step": step,
        "usage": [round(float(u), 6) for u in usage],
        "config": model.config.model_dump(mode="json"),
    }
    with replacing(folder / WEIGHTS) as temporary:
        save_file(state, temporary, metadata={"format": "pt"})
    write_text(folder / SETTINGS, json.dumps(meta, indent=1) + "\n")
    write_text(folder / CARD, card or _default_card(model.config, step, name))


def _default_card(config: TrainConfig, step: int, name: str) -> str:
    return (
        f"---\ntags: [keypoints, unsupervised, tusk]\n---\n\n# {name}\n\n"
        f"Unsupervised keypoints (TUSK), step {step}, preset `{config.preset}`: "
        f"K = {config.keypoints.num_keypoints}, M = {config.prototypes.num_prototypes}, "
        f"pictures {config.data.width}×{config.data.height}, learned from "
        f"`{config.data.source}` with seed {config.run.seed}. "
        "All settings are in `config.json`.\n"
    )


def read_meta(folder: Path) -> ModelMeta:
    """Read and check ``config.json`` of a model folder without touching the weights.

    Raises:
        ModelFileError: with a sentence saying what is wrong.
    """
    values = _read_settings(folder)
    schema = values.get("model_schema")
    if not isinstance(schema, int) or schema < 1:
        raise ModelFileError(f"{folder / SETTINGS} does not describe a TUSK model.")
    if schema > MODEL_SCHEMA:
        raise ModelFileError(
            f"{folder} was written by a newer version of TUSK (layout {schema}, this program "
            f"knows {MODEL_SCHEMA}). Update TUSK to open it."
        )
    try:
        config = parse_stored(values.get("config"))
    except ConfigError as error:
        raise ModelFileError(
            f"The settings in {folder / SETTINGS} cannot be used: {error}"
        ) from error
    step, usage, name = values.get("step"), values.get("usage"), values.get("name")
    count = config.prototypes.num_prototypes
    if not isinstance(usage, list) or len(usage) != count or not all(_is_share(u) for u in usage):
        usage = [1 / count] * count
    return ModelMeta(
        config=config,
        step=step if isinstance(step, int) and step >= 0 else 0,
        usage=tuple(float(u) for u in usage),
        fingerprint="",
        name=name if isinstance(name, str) and name else folder.name,
    )


def _is_share(value: object) -> bool:
    # Compared as it is: a whole number of JSON may be too large for a float.
    return isinstance(value, int | float) and 0 <= value <= 1.001


def _read_settings(folder: Path) -> dict[str, Any]:
    path = folder / SETTINGS
    if not folder.is_dir():
        raise ModelFileError(f"There is no model folder at {folder}.")
    if not path.is_file() or not (folder / WEIGHTS).is_file():
        raise ModelFileError(
            f"{folder} is not a model folder: it needs {WEIGHTS} and {SETTINGS}. "
            "Choose a folder saved by TUSK, or a run folder."
        )
    try:
        if path.stat().st_size > MAX_SETTINGS_BYTES:
            raise ModelFileError(f"{path} is too large to be the settings of a model.")
        values = json.loads(path.read_bytes())
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is damaged: it is not valid JSON.") from error
    if not isinstance(values, dict):
        raise ModelFileError(f"{path} does not describe a TUSK model.")
    return values


def load_model(folder: Path, device: str = "cpu") -> tuple[TuskModel, ModelMeta]:
    """Open a model folder, checking everything before use.

    Args:
        folder: with ``model.safetensors`` and ``config.json``.
        device: where the model is put.

    Raises:
        ModelFileError: if it is missing, broken, foreign, too large or from a newer version.
    """
    meta = read_meta(folder)
    state = _read_weights(folder / WEIGHTS, expected_shapes(meta.config))
    model = build_model(meta.config)
    model.load_state_dict(state)
    model.eval().requires_grad_(requires_grad=False)
    meta = ModelMeta(meta.config, meta.step, meta.usage, fingerprint(state), meta.name)
    return model.to(device), meta


def expected_shapes(config: TrainConfig) -> dict[str, tuple[int, ...]]:
    """Return name and shape of every weight of a model with these settings, without memory."""
    with torch.device("meta"):
        model = build_model(config)
    return {key: tuple(value.shape) for key, value in model.state_dict().items()}


def _read_weights(path: Path, shapes: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
    try:
        if path.stat().st_size > MAX_WEIGHT_BYTES:
            raise ModelFileError(f"{path} is larger than any TUSK model.")
        with safe_open(path, framework="pt") as file:
            if set(file.keys()) != set(shapes):
                raise ModelFileError(
                    f"{path} does not fit its {SETTINGS}: the names of the weights differ."
                )
            state = {key: file.get_tensor(key) for key in shapes}
    except SafetensorError as error:
        raise ModelFileError(f"{path} is damaged or not a safetensors file ({error}).") from error
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    for key, tensor in state.items():
        if tuple(tensor.shape) != shapes[key]:
            raise ModelFileError(
                f"{path} does not fit its {SETTINGS}: {key} has shape {tuple(tensor.shape)}, "
                f"expected {shapes[key]}."
            )
        if tensor.dtype not in {torch.float16, torch.bfloat16, torch.float32}:
            raise ModelFileError(f"{path}: {key} holds {tensor.dtype}, expected floating point.")
        if not bool(torch.isfinite(tensor).all()):
            raise ModelFileError(f"{path}: {key} holds numbers that are not finite.")
    return {key: tensor.float() for key, tensor in state.items()}
