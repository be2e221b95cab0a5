"""Kinds of a model as a person sees and edits them: listing, places, what was said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from tusk_core.arrays import frozen
from tusk_core.atomic import write_text
from tusk_core.data.fitting import apply_placement, checked_picture
from tusk_core.data.pictures import read_picture
from tusk_core.events import KindListed
from tusk_core.inference.model_paths import find_model
from tusk_core.inference.predictor import TorchPredictor
from tusk_core.kind_edits import FILE_NAME, KindEdit, KindEdits, edits_beside
from tusk_core.nn.model_files import read_meta
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.nn.steering import load_steered
from tusk_core.prototype_names import FILE_NAME as NAMES_FILE
from tusk_core.prototype_names import hidden_as_json, names_beside
from tusk_core.results import TuskError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.interfaces import Predictor


def descriptor_at(
    predictor: Predictor, image: NDArray[np.uint8], xy: tuple[float, float]
) -> NDArray[np.float32]:
    """Return what a model says of one place of a picture: (C,) float32, unit length.

    Args:
        predictor: an opened model.
        image: (H, W, 3) or (H, W) uint8.
        xy: pixels of the picture.

    Raises:
        TuskError: if the place is outside the picture.
    """
    assert isinstance(predictor, TorchPredictor)
    picture = checked_picture(image)
    height, width = picture.shape[:2]
    if not (-0.5 <= xy[0] <= width - 0.5 and -0.5 <= xy[1] <= height - 0.5):
        raise TuskError(
            f"The place ({xy[0]:g}, {xy[1]:g}) is outside the picture, which has {width}×{height} "
            "pixels. Choose a place inside it."
        )
    placement, model = predictor.placement((width, height)), predictor.model
    laid = apply_placement(picture, placement)
    if predictor.info.config.data.channels == 1:
        laid = np.asarray(cv2.cvtColor(laid, cv2.COLOR_RGB2GRAY), np.uint8)[..., None]
    with torch.inference_mode():
        device = model.prototypes.vectors.device
        batch = torch.tensor(laid, device=device).permute(2, 0, 1).unsqueeze(0).float() / 255
        canvas_xy = torch.from_numpy(placement.to_canvas(np.array([[xy]], np.float32)))
        found = model.descriptors_at(model.encode(batch), canvas_xy.to(batch))
        return frozen(found[0, 0].float().cpu().numpy())


def with_descriptor(predictor: Predictor, edit: KindEdit) -> KindEdit:
    """Return an edit about a place with what the model says of it; reads the picture.

    Raises:
        TuskError: if the picture cannot be read or the place is outside it.
    """
    values = descriptor_at(predictor, read_picture(edit.picture), edit.xy)
    return replace(edit, descriptor=tuple(float(value) for value in values))


def kind_edits(model: str | Path) -> KindEdits:
    """Return what was said of a model's kinds.

    Raises:
        TuskError: if the model has no kinds of its own maps, or the file beside it is damaged.
    """
    folder = find_model(model)
    config = read_meta(folder).config
    if not config.encoder.has_backbone:
        raise TuskError(
            f"{folder.name} learned everything from its pictures and has no map for each kind, so "
            "kinds cannot be made from places. Use a model from `tusk discover`, or one trained "
            "with a frozen network (preset quick-photos)."
        )
    return edits_beside(folder, config.prototypes.num_prototypes, config.encoder.num_features)


def save_kind_edits(model: str | Path, edits: KindEdits) -> None:
    """Write what was said beside the model; it is honoured whenever the model is opened.

    Raises:
        TuskError: if there is no such model or its folder cannot be written.
    """
    path = find_model(model) / FILE_NAME
    try:
        write_text(path, edits.as_json())
    except OSError as error:
        raise TuskError(f"{path} cannot be written: {error.strerror or error}.") from error


def hide_kinds(model: str | Path, numbers: Sequence[int]) -> Path:
    """Leave kinds of any model out of everything from now on; returns the file that says so.

    A model with a map for each kind ignores them when it detects. Of others the names beside them
    say so, which the window and exports honour.

    Raises:
        TuskError: if there is no such kind, or the file beside the model cannot be written.
    """
    folder = find_model(model)
    config = read_meta(folder).config
    if config.encoder.has_backbone:
        edits = kind_edits(folder)
        for number in numbers:
            edits = edits.added(KindEdit("ignore", number))
        save_kind_edits(folder, edits)
        return folder / FILE_NAME
    wrong = [n for n in numbers if not 0 <= n < config.prototypes.num_prototypes]
    if wrong:
        raise TuskError(f"There is no kind {wrong[0]}.")
    path = folder / NAMES_FILE
    try:
        write_text(path, hidden_as_json(path, numbers))
    except OSError as error:
        raise TuskError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path


def list_kinds(model: str | Path) -> tuple[KindListed, ...]:
    """Return the kinds of a model as they count now, the kept ones first, the best first."""
    folder = find_model(model)
    edits = kind_edits(folder)
    network, _ = load_steered(folder)
    assert isinstance(network, PhotoModel)
    named = {**names_beside(folder).names, **edits.names}
    kept, scores = network.kept.bool().tolist(), network.rank.clamp(0, 1).tolist()
    count = edits.num_kinds + edits.num_new
    listed = [
        KindListed(number, scores[number], kept[number], named.get(number, ""))
        for number in range(count)
    ]
    return tuple(sorted(listed, key=lambda kind: (not kind.is_kept, -kind.score)))
