"""Models on a frozen network: kinds, their peaks, and a few real steps of training."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from tusk_core.config import ConfigError, TrainConfig, load_preset, parse_config, replaced
from tusk_core.losses.kinds import dense_information_loss, peak_loss, peak_targets
from tusk_core.nn.build import build_model
from tusk_core.nn.distributed import Team
from tusk_core.nn.kind_peaks import centre_of_mass, find_kind_peaks
from tusk_core.nn.kind_rank import KindEvidence, chosen_kinds, facts_of, gather_evidence
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.nn.seed_kinds import SeedKinds, spherical_kmeans
from tusk_core.training.kinds_first import rank_kinds, seed_kinds
from tusk_core.training.session import Session


def bump(h: int, w: int, x: float, y: float, sigma: float = 1.5) -> torch.Tensor:
    rows, columns = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    return torch.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))


def small_config() -> TrainConfig:
    return replaced(
        load_preset("quick-photos"),
        {
            "data.width": 64,
            "data.height": 64,
            "encoder.seed_components": 32,  # six small pictures have 96 places
            "prototypes.num_prototypes": 6,
            "keypoints.num_keypoints": 3,
            "optim.batch_size": 2,
            "optim.steps": 4,
            "losses.peaks_start": 0.5,
            "decoder.patch_size": 16,
        },
    )


def test_peaks_of_two_kinds_side_by_side_and_two_of_one_kind() -> None:
    maps = torch.stack([bump(24, 24, 6, 6) + bump(24, 24, 17, 16) * 0.9, 0.8 * bump(24, 24, 8, 6)])
    found = find_kind_peaks(maps[None], 3, window=5, refine=5)
    assert found.kinds.tolist() == [[0, 0, 1]]
    torch.testing.assert_close(
        found.xy[0], torch.tensor([[6.0, 6], [17, 16], [8, 6]]), atol=0.05, rtol=0
    )
    across = find_kind_peaks(maps[None], 3, window=5, across=7, refine=5)
    assert across.scores[0, 2] == 0  # the weaker kind beside the stronger one


def test_a_peak_says_which_blob_and_the_masses_where_it_is() -> None:
    maps = bump(24, 24, 6, 6, 0.7)[None, None]
    masses = bump(24, 24, 7.5, 5, 2.0)[None, None]
    found = find_kind_peaks(maps, 1, window=5, refine=13, masses=masses)
    torch.testing.assert_close(found.xy[0, 0], torch.tensor([7.5, 5.0]), atol=0.1, rtol=0)
    assert found.cells.tolist() == [[6 * 24 + 6]]
    assert float(found.scores) == pytest.approx(1.0)


def test_a_learned_peak_lies_in_the_middle_of_its_kind_s_memberships() -> None:
    model = build_model(small_config())
    assert isinstance(model, PhotoModel)
    model.eval()
    encoded = model.encode(torch.zeros(1, 3, 64, 64))
    size = encoded.kind_maps.shape[-2:]
    maps = torch.zeros_like(encoded.kind_maps)
    maps[0, 2] = bump(*size, 6, 8, 0.7)
    logits = torch.zeros_like(encoded.kind_logits)
    logits[0, 2] = 20 * bump(*size, 7, 8, 2.0) - 12
    found = model.find_keypoints(
        dataclasses.replace(encoded, kind_maps=maps, kind_logits=logits), 1
    )
    assert found.labels is not None
    assert found.labels.tolist() == [[2]]
    # Cell 7 of stride 4 has its middle at pixel 29.5.
    torch.testing.assert_close(found.xy[0, 0], torch.tensor([29.5, 33.5]), atol=0.5, rtol=0)


def test_a_plateau_is_one_place_also_at_an_edge() -> None:
    maps = torch.zeros(1, 2, 16, 20)
    maps[0, 0, 4:9, :4] = 1.0
    maps[0, 1, 12, 15] = 0.5
    found = find_kind_peaks(maps, 4, window=7, refine=5)
    assert (found.scores > 0).tolist() == [[True, True, False, False]]
    assert found.kinds[0, :2].tolist() == [0, 1]
    flat = find_kind_peaks(torch.ones(1, 1, 6, 40), 5, window=7, refine=5)
    assert int((flat.scores > 0).sum()) == 1


def test_centre_of_mass_is_differentiable_and_stays_inside() -> None:
    maps = bump(10, 10, 0.4, 3.3)[None, None].requires_grad_()
    xy, _ = centre_of_mass(maps, torch.tensor([[0]]), torch.tensor([[30]]), 7)
    assert xy[0, 0, 0] >= 0
    xy.sum().backward()
    assert maps.grad is not None
    assert bool(maps.grad.abs().sum() > 0)


def test_information_is_lowest_where_views_agree_with_certainty() -> None:
    seen = torch.ones(1, 4, 4)
    certain = torch.nn.functional.one_hot(torch.arange(16) % 4, 4).float()
    certain = certain.view(1, 4, 4, 4).permute(0, 3, 1, 2)
    agreed = dense_information_loss(certain, certain, seen)
    assert agreed == pytest.approx(-np.log(4), abs=1e-3)
    assert dense_information_loss(certain, torch.full_like(certain, 0.25), seen) > agreed


def test_peak_targets_lie_in_the_middle_and_the_loss_is_least_there() -> None:
    blob = (bump(20, 20, 9, 12, sigma=4) > 0.5).float()[None, None]
    reading = {"smoothing": 2.0, "width": 1.5, "window": 9, "threshold": 0.3}
    targets = peak_targets(blob, torch.zeros_like(blob), 0, **reading)
    assert int(targets.flatten().argmax()) == 12 * 20 + 9
    logits = torch.logit(targets.clamp(0.01, 0.99))
    seen = torch.ones(1, 20, 20)
    assert peak_loss(logits, targets, seen) < peak_loss(-logits, targets, seen)


def test_a_peak_once_learned_is_aimed_at_again() -> None:
    weak = 0.4 * bump(20, 20, 9, 12)[None, None]
    reading = {"smoothing": 2.0, "width": 1.5, "window": 9, "threshold": 0.3}
    targets = peak_targets(torch.zeros_like(weak), weak, 1, **reading)
    assert int(targets.flatten().argmax()) == 12 * 20 + 9
    assert targets.max() == pytest.approx(1, abs=0.05)


def test_kmeans_finds_separate_directions_on_any_seed() -> None:
    centres = torch.eye(5)
    points = centres.repeat(40, 1) + 0.05 * torch.randn(200, 5, generator=torch.manual_seed(0))
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        found = spherical_kmeans(torch.nn.functional.normalize(points, dim=1), 5, generator)
        assert (found @ centres.T).amax(dim=0).min() > 0.95


def test_whitening_survives_features_that_do_not_vary() -> None:
    seed = SeedKinds(2, 32)
    seed.fit(torch.ones(50, 112), torch.Generator().manual_seed(0))
    assert bool(torch.isfinite(seed.memberships(torch.ones(1, 112, 2, 2))).all())


def kept_of(evidence: KindEvidence, num_keypoints: int) -> torch.Tensor:
    return chosen_kinds(evidence, facts_of(evidence), num_keypoints)


def test_ranking_keeps_what_recurs_and_drops_what_repeats_it() -> None:
    still = torch.stack(torch.meshgrid(*(torch.linspace(-1, 1, 24),) * 2, indexing="xy"), dim=-1)
    steady, double, rare = bump(24, 24, 12, 12), 0.8 * bump(24, 24, 13, 12), torch.zeros(24, 24)
    maps = torch.stack([steady, double, rare])[None].repeat(8, 1, 1, 1)
    maps[0, 2] = bump(24, 24, 4, 4)
    evidence = gather_evidence(maps, maps, still[None].repeat(8, 1, 1, 1), window=9, refine=7)
    assert kept_of(evidence, 2).tolist() == [True, False, False]


def test_kinds_of_a_steady_number_come_first_and_half_a_pair_is_not_kept() -> None:
    places = [(4, 4), (4, 19), (19, 19), (19, 4)]
    pair = bump(24, 24, 4, 12) + bump(24, 24, 19, 12)
    single = 0.9 * bump(24, 24, 12, 12)
    pictures = []
    for number in range(8):
        erratic = sum((bump(24, 24, *place) for place in places[: 1 + number % 4]), torch.zeros(()))
        pictures.append(torch.stack([erratic, pair, single]))
    maps = torch.stack(pictures)
    axis = torch.linspace(-1, 1, 24)
    still = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1)[None].repeat(8, 1, 1, 1)
    evidence = gather_evidence(maps, maps, still, window=7, refine=5)
    assert kept_of(evidence, 3).tolist() == [False, True, True]
    assert kept_of(evidence, 1).tolist() == [False, False, True]


@pytest.mark.slow
def test_a_few_steps_lower_the_loss_and_the_same_seed_gives_the_same_numbers() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), np.uint8)
    batch = torch.from_numpy(pictures[:2]).permute(0, 3, 1, 2).float() / 255

    def losses() -> list[float]:
        session = Session(small_config(), torch.device("cpu"), Team())
        assert isinstance(session.model, PhotoModel)
        seed_kinds(session.model, pictures, 0)
        rank_kinds(session.model, pictures, 0)
        return [session.train_step(batch).losses["membership"] for _ in range(4)]

    first = losses()
    assert first[-1] < first[0]
    assert losses() == first


@pytest.mark.slow
@pytest.mark.parametrize("name", ["quick-photos", "tusk-photos"])
def test_presets_for_photographs_do_a_step(name: str) -> None:
    config = replaced(
        load_preset(name), {"data.width": 96, "data.height": 64, "optim.batch_size": 1}
    )
    pictures = np.random.default_rng(0).integers(0, 256, (12, 64, 96, 3), np.uint8)
    session = Session(config, torch.device("cpu"), Team())
    assert isinstance(session.model, PhotoModel)
    seed_kinds(session.model, pictures, 0)
    before = session.model.prototypes.vectors.clone()
    losses = session.train_step(torch.rand(1, 3, 64, 96)).losses
    assert {"membership", "dense_information", "reconstruction"} <= set(losses)
    assert not torch.equal(before, session.model.prototypes.vectors)


def test_a_head_from_clusters_begins_as_good_as_they_are() -> None:
    torch.manual_seed(0)
    model = build_model(small_config())
    assert isinstance(model, PhotoModel)
    pictures = np.random.default_rng(0).integers(0, 256, (6, 64, 64, 3), np.uint8)
    pictures[::2, :32] = 200
    seed_kinds(model, pictures, 0)
    images = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        taps = model.trunk(images)
        clusters = model.seed.memberships(taps.coarse)[..., 1::4, 1::4].argmax(dim=1)
        kinds = model.encode_taps(taps, images).kind_logits[..., 1::4, 1::4].argmax(dim=1)
    assert (clusters == kinds).float().mean() > 0.8


def test_an_unfit_combination_is_told_in_a_sentence() -> None:
    with pytest.raises(ConfigError, match="seed_components"):
        parse_config(
            {
                "encoder": {
                    "backbone": "efficientnet-lite0",
                    "head": "clusters",
                    "num_features": 64,
                }
            }
        )
    with pytest.raises(ConfigError, match="single-map"):
        parse_config(
            {
                "encoder": {"backbone": "efficientnet-lite0"},
                "keypoints": {"detector": "channel-wise", "num_keypoints": 4},
                "prototypes": {"num_prototypes": 4},
            }
        )


def test_clusters_alone_are_a_model_without_a_decoder() -> None:
    config = parse_config(
        {
            "encoder": {"backbone": "efficientnet-lite0", "head": "clusters", "num_features": 32},
            "decoder": {"kind": "none"},
            "prototypes": {"num_prototypes": 5},
        }
    )
    model = build_model(config)
    assert isinstance(model, PhotoModel)
    pictures = np.random.default_rng(1).integers(0, 256, (3, 64, 48, 3), np.uint8)
    seed_kinds(model, pictures, 0)
    encoded = model.encode(torch.rand(1, 3, 64, 48))
    assert encoded.features.shape == (1, 32, 16, 12)
    assert model.find_keypoints(encoded).labels is not None
