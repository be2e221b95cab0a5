"""A model with kinds made from clicks, places that are refused, and kinds kept or ignored.

A kind from clicks is a direction: the mean of the descriptors clicked. A place belongs to it as far
as its cosine is above what two places of one kind usually have, whatever the other kinds say, so
that one click is found at once in all pictures. Places added to one of the model's own kinds make
such a direction beside it, and what belongs to that is the kind's, too. A refused direction takes
its places from every kind.

Shapes: M kinds of the model, A added directions (kinds from clicks, refused ones, helpers of the
model's own kinds), C descriptor length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from tusk_core.config import replaced
from tusk_core.kind_edits import KindEdits, edits_beside
from tusk_core.nn.model_files import ModelMeta, fingerprint, load_model, read_meta
from tusk_core.nn.photo_model import SAID_IGNORE, SAID_KEEP, PhotoModel
from tusk_core.results import ModelFileError, SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from tusk_core.config import TrainConfig
    from tusk_core.nn.model import TuskModel


@dataclass(frozen=True, slots=True, eq=False)
class AddedKinds:
    """What edits make of a model's kinds.

    Attributes:
        directions: (A, C) unit length; kinds from clicks, refused places, then helpers.
        num_clicked: how many of them are kinds.
        kept: (M + A,) which kinds count.
        helped: the model's own kinds that have a helper, in their order.
    """

    directions: Tensor
    num_clicked: int
    kept: Tensor
    helped: tuple[int, ...] = ()


def added_kinds(edits: KindEdits, kept: Tensor, length: int) -> AddedKinds:
    """Return what to add to a model.

    Args:
        edits: all that was said.
        kept: (M,) of the model itself.
        length: C.
    """
    clicked: list[list[Tensor]] = []
    refused: list[Tensor] = []
    helpers: dict[int, list[Tensor]] = {kind: [] for kind in edits.helped}
    counts = torch.cat([kept.cpu().float(), torch.ones(edits.num_new)])
    for edit in edits.edits:
        descriptor = F.normalize(torch.tensor(edit.descriptor), dim=0) if edit.descriptor else None
        if descriptor is None:
            counts[edit.kind] = float(edit.does == "keep")
        elif edit.does == "not":
            refused.append(descriptor)
        elif edit.does == "new":
            clicked.append([descriptor])
        elif edit.kind in helpers:
            helpers[edit.kind].append(descriptor)
        else:
            clicked[edit.kind - edits.num_kinds].append(descriptor)
    means = [
        F.normalize(torch.stack(places).mean(0), dim=0) for places in (*clicked, *helpers.values())
    ]
    rows = [*means[: len(clicked)], *refused, *means[len(clicked) :]]
    directions = torch.stack(rows) if rows else torch.zeros(0, length)
    kept_all = torch.cat([counts, torch.zeros(len(refused) + len(helpers))])
    return AddedKinds(directions, len(clicked), kept_all, edits.helped)


def steered(model: PhotoModel, edits: KindEdits) -> PhotoModel:
    """Return the model with its kinds as a person wants them; the model itself if nothing is said.

    The new one has M + A prototypes; ``kept`` leaves refused directions and ignored kinds out.
    """
    if not edits.edits:
        return model
    old = model.state_dict()
    added = added_kinds(edits, model.kept, model.config.encoder.num_features)
    number = len(added.kept)
    changed = PhotoModel(replaced(model.config, {"prototypes.num_prototypes": number}))
    state = {key: _grown(old[key], value) for key, value in changed.state_dict().items()}
    first = edits.num_kinds
    state["prototypes.vectors"][first:] = added.directions
    if model.head is None:
        state["seed.centres"][first:] = added.directions
    state["kept"], state["rank"] = added.kept, _ranked(edits, state["rank"], added)
    changed.load_state_dict(state)
    changed.add_clicks(first, added.num_clicked, added.helped)
    return changed.eval().requires_grad_(requires_grad=False)


def _ranked(edits: KindEdits, rank: Tensor, added: AddedKinds) -> Tensor:
    """Return the ranks with a person's word in them, which later rankings leave alone."""
    rank = rank.clone()
    rank[edits.num_kinds :] = SAID_IGNORE
    said = {edit.kind for edit in edits.edits if edit.does != "not"}
    for kind in sorted(said):
        rank[kind] = SAID_KEEP if added.kept[kind] else SAID_IGNORE
    return rank


def _grown(old: Tensor, new: Tensor) -> Tensor:
    """Return the old values with rows of zeros below, as many as the new shape has more."""
    old = old.detach().to("cpu", new.dtype)
    if old.shape == new.shape:
        return old.clone()
    return torch.cat([old, old.new_zeros(len(new) - len(old), *old.shape[1:])])


def with_kinds_of(config: TrainConfig, folder: Path) -> TrainConfig:
    """Return settings with as many kinds as a model folder has, so that training begins from them.

    Args:
        config: of a new run; returned as it is where one of the two has no frozen network.
        folder: of the model to begin from.

    Raises:
        ModelFileError: if the folder cannot be used.
    """
    meta = read_meta(folder)
    encoder = meta.config.encoder
    if not (config.encoder.has_backbone and encoder.has_backbone):
        return config
    edits = _edits(folder, meta)
    refused = sum(edit.does == "not" for edit in edits.edits)
    helpers = len(edits.helped)
    return replaced(
        config,
        {
            "prototypes.num_prototypes": edits.num_kinds + edits.num_new + refused + helpers,
            "encoder.seed_components": encoder.seed_components,
        },
    )


def _edits(folder: Path, meta: ModelMeta) -> KindEdits:
    config = meta.config
    kinds, length = config.prototypes.num_prototypes, config.encoder.num_features
    try:
        return edits_beside(folder, kinds, length)
    except SourceError as error:
        raise ModelFileError(str(error)) from error


def load_steered(folder: Path, device: str = "cpu") -> tuple[TuskModel, ModelMeta]:
    """Open a model folder as ``load_model`` does, with what was said beside it.

    Raises:
        ModelFileError: as ``load_model``, and if the file of edits is damaged or another model's.
    """
    model, meta = load_model(folder, device)
    if not isinstance(model, PhotoModel):
        return model, meta
    edits = _edits(folder, meta)
    if not edits.edits:
        return model, meta
    changed = steered(model, edits)
    usage = (*meta.usage, *(0.0 for _ in range(len(changed.kept) - edits.num_kinds)))
    name = fingerprint(changed.state_dict())
    return changed.to(device), ModelMeta(changed.config, meta.step, usage, name, meta.name)
