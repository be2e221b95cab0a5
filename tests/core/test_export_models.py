"""Models for other programs: ONNX with the same results, and a folder ready to share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from tests.support.small_models import KINDS, picture, write_model
from tusk_core import cli
from tusk_core.api import open_predictor
from tusk_core.data.fitting import fit_picture
from tusk_core.inference.export.hugging_face import export_folder
from tusk_core.inference.export.onnx_model import ENCODER_OUTPUTS, EncoderGraph, export_onnx
from tusk_core.inference.export.packages import ExportError
from tusk_core.nn.keypoint_set import KeypointSet
from tusk_core.nn.model_files import load_model
from tusk_core.results import ModelFileError

if TYPE_CHECKING:
    from pathlib import Path


def session(path: Path) -> Any:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    return runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
# The two that hold every part between them; an export takes several seconds.
@pytest.mark.parametrize("kind", ["patch-latent", "softmax-black"])
def test_onnx_gives_what_torch_gives(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnxruntime")
    blobs = {"keypoints.blob_width": 1.0} if kind == "patch-latent" else {}
    folder = write_model(tmp_path / "model", KINDS[kind] | blobs)
    out = tmp_path / "onnx"
    arguments = [str(folder), "--format", "onnx", "--out", str(out), "--num-keypoints", "7"]
    assert cli.main(["export", *arguments]) == 0
    written = [out / "encoder.onnx", out / "decoder.onnx"]
    assert capsys.readouterr().out.splitlines() == [*map(str, written), str(out / "model.json")]
    note = json.loads((out / "model.json").read_text())
    assert (note["num_keypoints"], note["input"]["shape"]) == (7, ["batch", 3, 24, 32])
    network, _ = load_model(folder)
    images = np.stack(
        [fit_picture(picture(40, 33, seed), (32, 24), "stretch") for seed in range(3)]
    )
    batch = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    encoder = session(written[0])
    names = [output.name for output in encoder.get_outputs()]
    assert names[:6] == list(ENCODER_OUTPUTS)
    found = dict(zip(names, encoder.run(None, {"image": batch.numpy()}), strict=True))
    with torch.inference_mode():
        expected = EncoderGraph(network, 7)(batch)
    for name, value in zip(names, expected, strict=True):
        assert np.allclose(found[name], value.numpy(), atol=2e-4), name

    decoder = session(written[1])
    wanted = [item.name for item in decoder.get_inputs()]
    drawn = decoder.run(None, {name: found[name] for name in wanted})
    keypoints = KeypointSet(*(torch.from_numpy(found[n]) for n in ("xy", "scores", "descriptors")))
    code = torch.from_numpy(found["code"]) if "code" in found else None
    with torch.inference_mode():
        decoded = network.decode(keypoints, (32, 24), code)
    assert np.allclose(drawn[0], decoded.composite.numpy(), atol=2e-4)
    if decoded.shares is not None:
        assert np.allclose(drawn[2], decoded.shares.numpy(), atol=2e-4)

    alone = encoder.run(None, {"image": batch.numpy()[:1]})
    assert np.allclose(alone[0], found["xy"][:1], atol=1e-3)


def test_onnx_refusals_are_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_model(tmp_path / "model")
    with pytest.raises(ExportError, match="folder"):
        export_onnx(folder, tmp_path / "a.onnx")
    with pytest.raises(ModelFileError):
        export_onnx(tmp_path / "none", tmp_path / "out")
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ExportError, match=r"tusk-studio\[onnx\]"):
        export_onnx(folder, tmp_path / "out")


def test_a_shared_folder_is_a_model_with_a_card(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    (folder / "training_state.pt").write_bytes(b"private")
    (folder / "prototypes.json").write_text('{"names": {"0": "eye"}}')
    out = tmp_path / "shared"
    assert cli.main(["export", str(folder), "--format", "huggingface", "--out", str(out)]) == 0
    assert sorted(p.name for p in out.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "prototypes.json",
    ]
    first, second = open_predictor(folder, device="cpu"), open_predictor(out, device="cpu")
    assert first.info.fingerprint == second.info.fingerprint
    card = (out / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")
    yaml = pytest.importorskip("yaml")
    header = yaml.safe_load(card.split("---")[1])
    assert "tusk" in header["tags"]
    assert "RGB" in card
    assert "Names of prototypes are in `prototypes.json`" in card
    # It is not in a package index, where anyone could take its name.
    assert "pip install" not in card
    with pytest.raises(ExportError):
        export_folder(folder, folder)


def test_the_formats_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["export", "--list"]) == 0
    shown = capsys.readouterr().out
    for name in ("onnx", "huggingface", "coco", "sleap", "nwb", "video"):
        assert name in shown


def test_detections_are_exported_from_models_and_results(tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    folder = write_model(tmp_path / "model")
    results = tmp_path / "r.h5"
    source = "sample:tetrominoes?count=4"
    assert cli.main(["detect", str(folder), source, "--out", str(results)]) == 0
    for thing, more in ((results, []), (folder, ["--data", source])):
        out = tmp_path / f"{thing.name}.csv"
        arguments = [str(thing), "--format", "dlc", "--out", str(out), *more]
        assert cli.main(["export", *arguments]) == 0
        assert out.read_text().startswith("scorer,TUSK")
    assert (tmp_path / "r.h5.csv").read_text() == (tmp_path / "model.csv").read_text()
