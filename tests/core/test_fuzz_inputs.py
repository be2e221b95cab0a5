"""Thousands of damaged settings and model files: each is refused in a sentence, or works."""

from __future__ import annotations

import copy
import io
import json
import math
import pickle
import random
import shutil
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from tests.support.small_models import write_model
from tusk_core import cli
from tusk_core.api import open_predictor
from tusk_core.commands.train import parse_config_text, read_config
from tusk_core.config import (
    ConfigError,
    TrainConfig,
    load_preset,
    parse_assignment,
    parse_config,
    preset_names,
    replaced,
)
from tusk_core.nn.model_files import load_model
from tusk_core.results import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1,
    2**31,
    2**63,
    10**400,
    -0.5,
    math.inf,
    math.nan,
    1e308,
    "",
    "0",
    "auto",
    "\0\ud800",
    "x" * 1000,
    [],
    [[]],
    [1, 2, 3],
    {},
    {"a": {}},
    {"scale": "big"},
)


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def spots(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the place of every value of a tree."""
    found = [path] if path else []
    if isinstance(tree, dict):
        for key in tree:
            found += spots(tree[key], (*path, key))
    return found


def mutated(tree: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return a copy with one to three values changed, dropped, renamed or added."""
    tree = copy.deepcopy(tree)
    for _ in range(rng.randint(1, 3)):
        *parents, leaf = rng.choice(spots(tree))
        node = tree
        for key in parents:
            node = node[key]
        action = rng.randrange(4)
        if action == 0:
            node.pop(leaf)
        elif action == 1:
            node[f"{leaf}_"] = node.pop(leaf)
        else:
            node[leaf] = rng.choice(VALUES)
        if not tree:
            break
    return tree


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return content with bytes changed, cut out, doubled or cut off."""
    out = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        if not out:
            break
        start = rng.randrange(len(out))
        length = rng.choice((1, 1, 2, 8, 64))
        action = rng.randrange(5)
        if action == 0:
            out[start] = rng.randrange(256)
        elif action == 1:
            del out[start : start + length]
        elif action == 2:
            out[start:start] = out[start : start + length]
        elif action == 3:
            out[start:start] = rng.randbytes(length)
        else:
            del out[start:]
    return bytes(out)


def assert_sentence(error: Exception) -> None:
    text = str(error)
    assert text
    assert len(text) < 3000
    assert "Traceback" not in text


def test_settings_with_wrong_values() -> None:
    rng = random.Random(1)  # noqa: S311
    tree = load_preset("quick-tetrominoes").model_dump(mode="json")
    refused = 0
    for _ in range(3000):
        try:
            parse_config(mutated(tree, rng))
        except ConfigError as error:
            assert_sentence(error)
            refused += 1
    assert refused > 1500


@pytest.mark.parametrize("kind", ["json", "toml"])
def test_settings_files_with_damaged_bytes(kind: str, tmp_path: Path) -> None:
    rng = random.Random(2)  # noqa: S311
    config = load_preset("quick-tetrominoes")
    if kind == "json":
        content = config.model_dump_json(indent=1).encode()
    else:
        content = b'[data]\nwidth = 40\nheight = 40\nfit = "pad"\n[encoder]\nwidths = [16, 32]\n'
        content += b"[optim]\nsteps = 100\nlearning_rate = 2e-3\n"
    file = tmp_path / f"c.{kind}"
    for _ in range(1000):
        file.write_bytes(damaged(content, rng))
        try:
            assert isinstance(read_config(file), TrainConfig)
        except ConfigError as error:
            assert_sentence(error)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "3",
        nested(100_000),
        '{"data": ' * 5000 + "1" + "}" * 5000,
        '{"optim": {"steps": ' + "9" * 5000 + "}}",
        '{"optim": {"steps": 1e999}}',
        '{"optim": {"learning_rate": NaN}}',
        '{"encoder": {"widths": ' + nested(500) + "}}",
    ],
)
@pytest.mark.parametrize("is_json", [True, False])
def test_settings_texts_that_are_none(text: str, is_json: bool) -> None:
    if text == "" and not is_json:
        assert parse_config_text(text, "empty", is_json=is_json) == TrainConfig()
        return
    with pytest.raises(ConfigError):
        parse_config_text(text, "text", is_json=is_json)


def test_settings_files_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b.toml").write_bytes(b"a = 1\n" * 300_000)
    for name in ("a.toml", "b.toml", "missing.toml", "."):
        with pytest.raises(ConfigError):
            read_config(tmp_path / name)


def test_assignments_of_any_text() -> None:
    rng = random.Random(3)  # noqa: S311
    config = TrainConfig()
    names = ["optim.steps", "encoder.widths", "data", "", ".", "optim..steps", "pair.first.scale"]
    values = [
        "1",
        "[8, 8]",
        '"x"',
        "{}",
        "1e999",
        "nan",
        nested(3000),
        "\0",
        "=",
        "1979-05-27",
        "'",
    ]
    for _ in range(2000):
        text = rng.choice(names) + rng.choice(["=", "", "=="]) + rng.choice(values)
        try:
            replaced(config, dict([parse_assignment(text)]))
        except ConfigError as error:
            assert_sentence(error)


def test_every_preset_survives_its_own_round_trip() -> None:
    for name in preset_names():
        config = load_preset(name)
        assert parse_config(json.loads(config.model_dump_json())) == config


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "m")


@pytest.fixture
def broken(whole: Path, tmp_path: Path) -> Path:
    """A copy of the model to damage."""
    return shutil.copytree(whole, tmp_path / "broken")


def try_to_open(folder: Path) -> bool:
    """Open a model that may be damaged; tell whether it opened."""
    try:
        model, meta = load_model(folder)
    except ModelFileError as error:
        assert_sentence(error)
        return False
    assert all(bool(torch.isfinite(p).all()) for p in model.parameters())
    assert len(meta.usage) == meta.config.prototypes.num_prototypes
    return True


def test_weights_with_damaged_bytes(whole: Path, broken: Path) -> None:
    rng = random.Random(4)  # noqa: S311
    content = (whole / "model.safetensors").read_bytes()
    head = struct.unpack("<Q", content[:8])[0] + 8
    opened = 0
    for turn in range(1200):
        # Mostly the header: damage in the numbers alone still gives a model.
        if turn % 4:
            changed = damaged(content[:head], rng) + content[head:]
        else:
            changed = damaged(content, rng)
        (broken / "model.safetensors").write_bytes(changed)
        opened += try_to_open(broken)
    assert opened < 300


def test_model_settings_with_damaged_bytes(whole: Path, broken: Path) -> None:
    rng = random.Random(5)  # noqa: S311
    content = (whole / "config.json").read_bytes()
    for _ in range(600):
        (broken / "config.json").write_bytes(damaged(content, rng))
        try_to_open(broken)


def test_model_settings_with_wrong_values(whole: Path, broken: Path) -> None:
    rng = random.Random(6)  # noqa: S311
    tree = json.loads((whole / "config.json").read_bytes())
    for _ in range(800):
        (broken / "config.json").write_text(json.dumps(mutated(tree, rng)), encoding="utf-8")
        try_to_open(broken)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.9999])
def test_weights_cut_off(whole: Path, broken: Path, share: float) -> None:
    content = (whole / "model.safetensors").read_bytes()
    (broken / "model.safetensors").write_bytes(content[: int(len(content) * share)])
    assert not try_to_open(broken)


def header_of(content: bytes) -> tuple[dict[str, Any], bytes]:
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def with_header(header: object, body: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def _huge_shape(header: dict[str, Any]) -> None:
    next(v for k, v in header.items() if k != "__metadata__")["shape"] = [2**40, 2**40]


def _other_type(header: dict[str, Any]) -> None:
    for key, value in header.items():
        if key != "__metadata__" and value["dtype"] == "F32":
            value["dtype"] = "I32"
            return


def _other_name(header: dict[str, Any]) -> None:
    key = next(k for k in header if k != "__metadata__")
    header["__class__.run"] = header.pop(key)


def _overlap(header: dict[str, Any]) -> None:
    keys = [k for k in header if k != "__metadata__"]
    header[keys[0]]["data_offsets"] = header[keys[1]]["data_offsets"]


def _negative(header: dict[str, Any]) -> None:
    next(v for k, v in header.items() if k != "__metadata__")["data_offsets"] = [-8, 2**62]


@pytest.mark.parametrize("change", [_huge_shape, _other_type, _other_name, _overlap, _negative])
def test_weights_that_lie_about_themselves(
    change: Callable[[dict[str, Any]], None], whole: Path, broken: Path
) -> None:
    header, body = header_of((whole / "model.safetensors").read_bytes())
    change(header)
    (broken / "model.safetensors").write_bytes(with_header(header, body))
    assert not try_to_open(broken)


@pytest.mark.parametrize("length", [0, 7, 2**40, 2**63, 2**64 - 1])
def test_headers_of_impossible_length(length: int, broken: Path) -> None:
    (broken / "model.safetensors").write_bytes(struct.pack("<Q", length) + b"{}" * 100)
    assert not try_to_open(broken)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_no_numbers(value: float, whole: Path, broken: Path) -> None:
    content = bytearray((whole / "model.safetensors").read_bytes())
    content[-4:] = struct.pack("<f", value)
    (broken / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelFileError, match="not finite"):
        load_model(broken)


class Bomb:
    """Leaves a file behind if anyone unpickles it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self.trace), "w"))


def test_pickles_by_another_name_are_not_opened(broken: Path, tmp_path: Path) -> None:
    bomb = pickle.dumps(Bomb(tmp_path / "trace"))
    zipped = io.BytesIO()
    torch.save({"w": torch.zeros(1)}, zipped)
    array = io.BytesIO()
    np.save(array, np.zeros(3))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("data.pkl", bomb)
    for content in (bomb, zipped.getvalue(), archive.getvalue(), array.getvalue()):
        (broken / "model.safetensors").write_bytes(content)
        assert not try_to_open(broken)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_files_that_are_folders_or_missing(name: str, broken: Path) -> None:
    (broken / name).unlink()
    assert not try_to_open(broken)
    (broken / name).mkdir()
    assert not try_to_open(broken)


def change_settings(folder: Path, changes: dict[str, Any]) -> None:
    values = json.loads((folder / "config.json").read_text())
    for path, value in changes.items():
        node = values
        *parents, leaf = path.split(".")
        for key in parents:
            node = node[key]
        node[leaf] = value
    (folder / "config.json").write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model_schema": 99}, "newer version"),
        ({"config.config_schema": 99}, "config_schema"),
        ({"model_schema": "1"}, "does not describe"),
        ({"model_schema": True}, ""),
        ({"config": None}, "cannot be used"),
        ({"config.optim.surprise": 1}, "optim.surprise"),
        ({"config.encoder.num_features": 16}, "does not fit"),
        ({"config.prototypes.num_prototypes": 4096}, "does not fit"),
        ({"config.encoder.widths": [2048, 2048, 2048, 2048, 2048, 2048]}, "does not fit"),
        ({"config.data.width": 2048, "config.data.height": 2048}, ""),
    ],
)
def test_settings_that_do_not_fit(changes: dict[str, Any], words: str, broken: Path) -> None:
    change_settings(broken, changes)
    if not words:
        try_to_open(broken)
        return
    with pytest.raises(ModelFileError, match=words):
        load_model(broken)


@pytest.mark.parametrize(
    "usage", [[], [1], ["a"] * 6, [math.nan] * 6, [-1] * 6, None, {}, [10**400] * 6, [1e308] * 6]
)
def test_odd_usage_does_not_keep_a_model_closed(usage: Any, broken: Path) -> None:
    change_settings(broken, {"usage": usage})
    predictor = open_predictor(broken, device="cpu")
    assert np.isfinite(predictor.info.usage).all()


def test_the_command_line_says_it_in_a_sentence(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (broken / "model.safetensors").write_bytes(b"nothing")
    for command in (
        ["info", str(broken)],
        ["detect", str(broken), "sample:digits?count=1", "--out", "a.json"],
        ["export", str(broken), "--format", "onnx", "--out", str(broken / "o")],
    ):
        assert cli.main(command) == 2
        error = capsys.readouterr().err
        assert "safetensors" in error
        assert "Traceback" not in error
