"""Kinds that overlap are joined, and a kind that is two is divided."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from tusk_core.nn.prototypes import Prototypes
from tusk_core.training.kind_exchange import divided, exchange_kinds


def clusters(num: int, each: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    centres = torch.eye(8)[:num]
    noise = 0.05 * torch.randn(num * each, 8, generator=generator)
    labels = torch.arange(num).repeat_interleave(each)
    return F.normalize(centres[labels] + noise, dim=1), centres


def model(vectors: torch.Tensor) -> Prototypes:
    prototypes = Prototypes(*vectors.shape)
    prototypes.load_state_dict({"vectors": 3 * vectors})
    return prototypes


def test_two_on_one_kind_and_one_on_two_are_set_right() -> None:
    descriptors, centres = clusters(4)
    tilted = F.normalize(centres[0] + 0.02 * torch.ones(8), dim=0)
    between = F.normalize(centres[2] + centres[3], dim=0)
    prototypes = model(torch.stack([centres[0], tilted, centres[1], between]))
    assert bool(exchange_kinds(prototypes, descriptors))
    nearest = prototypes.similarities(centres).argmax(dim=1)
    assert sorted(nearest.tolist()) == [0, 1, 2, 3]
    assert torch.allclose(prototypes.vectors.norm(dim=1), torch.full((4,), 3.0), atol=1e-4)


def test_kinds_in_their_places_stay() -> None:
    descriptors, centres = clusters(4)
    prototypes = model(centres)
    assert not bool(exchange_kinds(prototypes, descriptors))
    assert torch.equal(prototypes.vectors.detach(), 3 * centres)


def test_an_unused_prototype_is_given_to_a_kind_that_is_two() -> None:
    descriptors, centres = clusters(3)
    between = F.normalize(centres[1] + centres[2], dim=0)
    prototypes = model(torch.stack([centres[0], between, torch.eye(8)[7]]))
    assert bool(exchange_kinds(prototypes, descriptors))
    assert sorted(prototypes.similarities(centres).argmax(dim=1).tolist()) == [0, 1, 2]


def test_a_kind_is_divided_where_it_is_two_peaked() -> None:
    descriptors, centres = clusters(3)
    labels = torch.tensor([0, 1, 1]).repeat_interleave(60)
    means = torch.stack([descriptors[labels == kind].mean(dim=0) for kind in (0, 1)])
    halves = divided(descriptors, labels, means, torch.tensor([60.0, 120.0]))
    found = F.normalize(halves.means[1], dim=-1) @ centres[1:].T
    assert sorted(found.argmax(dim=1).tolist()) == [0, 1]
    assert found.amax() > 0.99
    assert halves.gains[1] > 20 * halves.gains[0]
