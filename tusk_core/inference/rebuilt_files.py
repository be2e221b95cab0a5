"""A rebuilt picture as files: composite, mask, layers, keypoints, all at the picture's size.

``STEM/composite.png``, ``STEM/mask.png``, ``STEM/keypoints.json`` and
``STEM/layers/NN_prototype_PP_{rgb,alpha}.png``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.atomic import filling, write_text
from tusk_core.data.pictures import put_picture
from tusk_core.inference.analysis_files import COORDINATES
from tusk_core.inference.lifting import lift
from tusk_core.inference.rebuilding import mask_of
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.inference.predictor import TorchPredictor
    from tusk_core.results import Keypoints, Reconstruction


def write_rebuilt(
    folder: Path,
    name: str,
    picture: NDArray[np.uint8],
    predictor: TorchPredictor,
    keypoints: Keypoints,
) -> Reconstruction:
    """Rebuild a picture and write every part of it.

    Args:
        folder: made if missing.
        name: of the picture, for ``keypoints.json``.
        picture: (H, W, 3) uint8.
        predictor: the model.
        keypoints: to rebuild it from.

    Raises:
        SourceError: if the disk refuses it.
    """
    size = (picture.shape[1], picture.shape[0])
    result = predictor.reconstruct(picture, keypoints)
    try:
        with filling(folder) as temporary:
            names = _write_layers(temporary, size, predictor, keypoints, result)
            text = json.dumps(_description(name, size, predictor, keypoints, result), indent=1)
            write_text(temporary / "keypoints.json", text + "\n")
            for old in (folder / "layers").glob("*_prototype_*.png"):
                if old.name not in names:
                    old.unlink()
    except OSError as error:
        raise SourceError(f"{folder} cannot be written: {error.strerror or error}.") from error
    return result


def _write_layers(
    folder: Path,
    size: tuple[int, int],
    predictor: TorchPredictor,
    keypoints: Keypoints,
    result: Reconstruction,
) -> set[str]:
    """Write composite, mask and layers at the picture's size; returns the layers' file names."""
    placement, names = predictor.placement(size), set[str]()
    put_picture(folder / "composite.png", lift(result.composite, placement, size))
    alpha = [lift(layer, placement, size) for layer in result.alpha]
    has_background = predictor.info.config.decoder.background != "none"
    put_picture(folder / "mask.png", _mask(alpha, size, has_background=has_background))
    layers = folder / "layers"
    layers.mkdir()
    for index, (rgb, share) in enumerate(zip(result.rgb, alpha, strict=True)):
        stem = f"{index:02d}_prototype_{int(keypoints.labels[index]):02d}"
        grey = (share * 255 + 0.5).astype(np.uint8)
        for kind, values in (("rgb", lift(rgb, placement, size)), ("alpha", grey)):
            names.add(f"{stem}_{kind}.png")
            put_picture(layers / f"{stem}_{kind}.png", values)
    return names


def _mask(
    alpha: list[NDArray[np.float32]], size: tuple[int, int], *, has_background: bool
) -> NDArray[np.uint8]:
    """Return the mask (H, W) from shares enlarged first, so that its edges are smooth."""
    if not alpha:
        return np.zeros((size[1], size[0]), np.uint8)
    shares = np.stack(alpha)
    total = shares.sum(axis=0)
    mask = mask_of(shares, np.asarray(1 - total, np.float32) if has_background else None)
    mask[total <= 0] = 0  # cropped away, or nothing drawn
    return mask


def _description(
    name: str,
    size: tuple[int, int],
    predictor: TorchPredictor,
    keypoints: Keypoints,
    result: Reconstruction,
) -> dict[str, Any]:
    points = zip(
        keypoints.xy.tolist(),
        keypoints.scores.tolist(),
        keypoints.labels.tolist(),
        keypoints.confidences.tolist(),
        result.contributions.tolist(),
        strict=True,
    )
    return {
        "image": name,
        "width": size[0],
        "height": size[1],
        "coordinates": COORDINATES,
        "model": predictor.info.name,
        "model_fingerprint": predictor.info.fingerprint,
        "mean_squared_error": round(result.error, 8),
        "has_layers": bool(len(result.rgb)),
        "keypoints": [
            {
                "index": index,
                "x": round(x, 3),
                "y": round(y, 3),
                "score": round(score, 6),
                "prototype": label,
                "confidence": round(confidence, 6),
                "contribution": round(contribution, 8),
            }
            for index, ((x, y), score, label, confidence, contribution) in enumerate(points)
        ],
    }
