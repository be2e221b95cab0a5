"""The formats a model itself can be written in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core.inference.export.packages import ExportError

if TYPE_CHECKING:
    from pathlib import Path

MODEL_FORMATS: dict[str, str] = {
    "onnx": "encoder with keypoints, and decoder, for ONNX runtimes",
    "huggingface": "model folder with a model card, ready to upload",
}


def write_model(
    model: str | Path, out: Path, *, file_format: str, num_keypoints: int | None = None
) -> list[Path]:
    """Write a model into a folder; see ``tusk_core.api.export_model``.

    Raises:
        ExportError: if the format is unknown or needs a missing package.
        ModelFileError: if the model cannot be opened.
        SourceError: if the disk refuses it.
    """
    if file_format == "huggingface":
        from tusk_core.inference.export.hugging_face import export_folder  # noqa: PLC0415 - torch

        return export_folder(model, out)
    if file_format == "onnx":
        from tusk_core.inference.export.onnx_model import export_onnx  # noqa: PLC0415 - slow

        return export_onnx(model, out, num_keypoints=num_keypoints)
    raise ExportError(
        f"There is no model format {file_format!r}; there are {', '.join(MODEL_FORMATS)}."
    )
