"""A model as two ONNX files: picture to keypoints, and keypoints to picture.

Shapes: B pictures, K keypoints, C descriptor length, H x W network input.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from tusk_core import __version__
from tusk_core.atomic import filling, replacing, write_text
from tusk_core.inference.counts import check_count
from tusk_core.inference.export.packages import ExportError, needed
from tusk_core.inference.model_paths import find_model
from tusk_core.nn.keypoint_set import KeypointSet
from tusk_core.nn.steering import load_steered
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.nn.model import TuskModel
    from tusk_core.nn.model_files import ModelMeta

OPSET = 20
ENCODER, DECODER, NOTE = "encoder.onnx", "decoder.onnx", "model.json"
ENCODER_OUTPUTS = ("xy", "scores", "descriptors", "labels", "confidences", "score_map")


class EncoderGraph(nn.Module):
    """Picture (B, channels, H, W) in [0, 1] to what ``ENCODER_OUTPUTS`` lists.

    Args:
        model: in evaluation mode, on the CPU.
        num_keypoints: K, fixed in the file.
    """

    def __init__(self, model: TuskModel, num_keypoints: int) -> None:
        super().__init__()
        self.model = model
        self.num_keypoints = num_keypoints
        self.has_code = model.background.kind == "latent"

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs in the order of ``ENCODER_OUTPUTS``, then the code if there is one."""
        encoded = self.model.encode(image)
        found = self.model.find_keypoints(encoded, self.num_keypoints)
        labels, confidences = self.model.prototypes.assign(
            found.descriptors, self.model.config.losses.kmeans_temperature
        )
        out = (found.xy, found.scores, found.descriptors, labels, confidences, encoded.score_map)
        return (*out, encoded.code) if encoded.code is not None else out


class DecoderGraph(nn.Module):
    """Keypoints (B, K, ...) to the composite (B, channels, H, W), and shares where there are any.

    Args:
        model: in evaluation mode, on the CPU.
    """

    def __init__(self, model: TuskModel) -> None:
        super().__init__()
        self.model = model
        data = model.config.data
        self.size = (data.width, data.height)

    def forward(
        self, xy: Tensor, scores: Tensor, descriptors: Tensor, code: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Return the composite, then the layers' colours and shares."""
        decoded = self.model.decode(KeypointSet(xy, scores, descriptors), self.size, code)
        if decoded.rgb is None or decoded.shares is None:
            return (decoded.composite,)
        return decoded.composite, decoded.rgb, decoded.shares


def export_onnx(model: str | Path, out: Path, *, num_keypoints: int | None = None) -> list[Path]:
    """Write ``encoder.onnx``, ``decoder.onnx`` and ``model.json`` into a folder.

    A model that was never taught to redraw pictures has no decoder to write.

    Args:
        model: folder, run or bundled name.
        out: folder, made if missing.
        num_keypoints: K, fixed in the files; None takes the training value.

    Returns:
        the files written.

    Raises:
        ModelFileError: if the model cannot be opened.
        ExportError: if a package is missing or ``out`` is a file.
        TuskError: if the model has no place for so many keypoints.
        SourceError: if the disk refuses it.
    """
    if out.suffix.lower() == ".onnx" or out.is_file():
        raise ExportError(f"{out} must be a folder: a model becomes an encoder and a decoder.")
    network, meta = load_steered(find_model(model))
    check_count(network, num_keypoints)
    needed("onnx", "onnx", "ONNX files")
    needed("onnxscript", "onnx", "ONNX files")
    data = meta.config.data
    count = num_keypoints or meta.config.keypoints.num_keypoints
    image = torch.rand(2, data.channels, data.height, data.width)
    encoder = EncoderGraph(network, count)
    with torch.inference_mode():
        found = encoder(image)
    names = [*ENCODER_OUTPUTS, "code"][: len(found)]
    inputs = {"xy": found[0], "scores": found[1], "descriptors": found[2]}
    if len(found) > len(ENCODER_OUTPUTS):
        inputs["code"] = found[-1]
    layers = [] if meta.config.decoder.blend == "sum" else ["rgb", "shares"]
    written = [out / ENCODER]
    try:
        with filling(out) as folder:
            _write(encoder, {"image": image}, names, folder / ENCODER)
            if meta.config.decoder.kind != "none":
                _write(DecoderGraph(network), inputs, ["composite", *layers], folder / DECODER)
                written.append(out / DECODER)
            text = json.dumps(_note(meta, count), indent=1, ensure_ascii=False)
            write_text(folder / NOTE, text + "\n")
    except OSError as error:
        raise SourceError(f"{out} cannot be written: {error.strerror or error}.") from error
    return [*written, out / NOTE]


def _write(graph: nn.Module, inputs: dict[str, Tensor], outputs: list[str], path: Path) -> None:
    batch: Any = torch.export.Dim("batch", min=1, max=4096)
    # Export traces the values themselves, and inference tensors cannot be traced.
    arguments = {name: value.clone().detach() for name, value in inputs.items()}
    quiet = logging.getLogger("torch.onnx")
    level = quiet.level
    quiet.setLevel(logging.ERROR)
    try:
        with (
            replacing(path) as temporary,
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                graph.eval(),
                kwargs=arguments,
                input_names=list(inputs),
                output_names=outputs,
                opset_version=OPSET,
                dynamo=True,
                dynamic_shapes={name: {0: batch} for name in inputs},
                verbose=False,
            )
            assert program is not None
            program.save(str(temporary), external_data=False)
    finally:
        quiet.setLevel(level)


def _note(meta: ModelMeta, num_keypoints: int) -> dict[str, Any]:
    data = meta.config.data
    return {
        "program": f"TUSK {__version__}",
        "model": meta.name,
        "fingerprint": meta.fingerprint,
        "input": {
            "shape": ["batch", data.channels, data.height, data.width],
            "range": [0, 1],
            "channels": "grey" if data.channels == 1 else "RGB",
            "fit": data.fit,
        },
        "num_keypoints": num_keypoints,
        "coordinates": (
            "xy: pixels of the network input, x right, y down, (0, 0) = centre of the top-left "
            "pixel; scores of 0 are not keypoints"
        ),
    }
