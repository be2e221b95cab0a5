"""The score that tells good seeds from bad without labels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from tests.core.test_training import run, tiny
from tusk_core import api
from tusk_core.events import CheckpointSaved, RunStarted
from tusk_core.geometry.tps import fit_warp
from tusk_core.losses.objective import Views
from tusk_core.nn.model_files import load_model
from tusk_core.training.sorting import found_again, kappa

if TYPE_CHECKING:
    from pathlib import Path

POINTS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=60
)


@given(POINTS)
def test_agreement_is_that_of_scikit_learn(points: list[tuple[int, int, int]]) -> None:
    first, second, weights = torch.tensor(points).T
    seen = weights > 0
    if len(torch.cat([first[seen], second[seen]]).unique()) < 2:
        return  # scikit-learn has no number for it
    expected = cohen_kappa_score(first.numpy(), second.numpy(), sample_weight=weights.numpy())
    assert float(kappa(first, second, weights.double(), 5)) == pytest.approx(expected, abs=1e-9)


def test_one_kind_for_everything_counts_for_nothing() -> None:
    ones = torch.ones(30, dtype=torch.int64)
    assert float(kappa(ones, ones, torch.ones(30), 5)) == pytest.approx(0, abs=1e-9)
    assert float(kappa(ones, ones, torch.zeros(30), 5)) == pytest.approx(0, abs=1e-9)
    kinds = torch.arange(30) % 5
    assert float(kappa(kinds, kinds, torch.ones(30), 5)) == pytest.approx(1)


def test_the_same_picture_is_found_again_and_an_empty_one_is_not(tmp_path: Path) -> None:
    model = load_model(run(tiny(), tmp_path)[-1].model_dir)[0]
    pictures = torch.rand(2, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    corners = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]]).expand(2, 4, 2)
    warp = fit_warp(corners, corners)
    same = found_again(model, Views(pictures, pictures, warp))
    assert torch.equal(same.first, same.second)
    assert (same.weights > 0).all()
    other = found_again(model, Views(pictures.flip(-1), pictures, warp))
    assert (other.first == len(model.prototypes.vectors)).any()


def test_every_checkpoint_has_one_and_the_run_shows_its_last(tmp_path: Path) -> None:
    events = run(tiny(**{"data.held_out": 0.25, "run.checkpoint_every": 5}), tmp_path)
    saved = [each for each in events if isinstance(each, CheckpointSaved)]
    assert len(saved) == 2
    assert all(each.sorting is not None and -1 <= each.sorting <= 1 for each in saved)
    folder = next(each for each in events if isinstance(each, RunStarted)).run_dir
    summary = next(each for each in api.list_runs(tmp_path) if each.path == folder)
    assert summary.sorting == pytest.approx(saved[-1].sorting, abs=1e-4)
    assert json.loads((folder / "run.json").read_text())["sorting"] == summary.sorting


def test_a_run_whose_prototypes_are_not_learned_as_such_has_none(tmp_path: Path) -> None:
    changes = {"keypoints.detector": "channel-wise", "run.checkpoint_every": 5}
    changes |= {"prototypes.num_prototypes": 3, "keypoints.num_keypoints": 3}
    events = run(tiny(**changes), tmp_path)
    saved = [each for each in events if isinstance(each, CheckpointSaved)]
    assert saved
    assert all(each.sorting is None for each in saved)
