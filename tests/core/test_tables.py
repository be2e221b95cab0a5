"""The script that makes the tables again: rows switch what they say, and none is trained twice."""

from __future__ import annotations

import json
import math

import pytest
import torch

from tests.core.test_tools import load
from tests.support.small_models import write_model
from tusk_core.config import TrainConfig
from tusk_core.nn.distributed import Team
from tusk_core.training.session import Session

TINY = {
    "data.width": 24,
    "data.height": 24,
    "data.channels": 1,
    "encoder.widths": [4, 8],
    "encoder.num_features": 8,
    "keypoints.num_keypoints": 9,
    "decoder.patch_size": 8,
    "decoder.patch_channels": 8,
    "prototypes.bank_size": 64,
    "prototypes.num_steps": 2,
    "losses.information_start": 0,
    "losses.information_ramp": 0,
}


def config_of(table: str, word: str) -> TrainConfig:
    tables = load("tables")
    rows = [row for row in tables.ROWS if row.table == table and word in row.name]
    (row,) = [row for row in rows if row.name.startswith(word)] or rows
    typed = [f"{name}={json.dumps(value)}" for name, value in TINY.items()]
    arguments = tables.parser().parse_args(
        ["ablations", "--steps", "5", *(part for text in typed for part in ("--set", text))]
    )
    return tables.row_config(row, arguments, seed=0)


def step_of(config: TrainConfig) -> tuple[dict[str, float], torch.Tensor, Session]:
    """Return the loss terms of one step and how far each prototype moved."""
    session = Session(config, torch.device("cpu"), Team())
    before = session.model.prototypes.vectors.detach().clone()
    images = torch.rand(2, 1, 24, 24, generator=torch.Generator().manual_seed(0))
    losses = session.train_step(images).losses
    return losses, (session.model.prototypes.vectors - before).norm(dim=1), session


def test_rows_of_table_4_switch_the_terms_they_name() -> None:
    losses, moved, _ = step_of(config_of("4", "alone"))
    assert losses["total"] == pytest.approx(losses["reconstruction"], rel=1e-5)
    assert moved.max() == 0
    losses, moved, _ = step_of(config_of("4", "and sliced"))
    assert losses["total"] == pytest.approx(losses["reconstruction"], rel=1e-5)
    assert moved.min() > 0
    losses, _, _ = step_of(config_of("4", "and cluster"))
    expected = losses["reconstruction"] + 0.05 * losses["information"]
    assert losses["total"] == pytest.approx(expected, rel=1e-4)
    losses, moved, session = step_of(config_of("4", "iterative"))
    assert {"equivariance", "heatmap_equivariance", "information"} <= set(losses)
    assert losses["total"] > expected
    # Trained jointly the prototypes take one step with the network, at its rate.
    _, jointly, other = step_of(config_of("4", "jointly"))
    rate = other.config.optim.learning_rate
    assert 0 < jointly.max() < 1.01 * rate * math.sqrt(8) < moved.max()
    assert session.prototype_optimiser.state
    assert not other.prototype_optimiser.state


def test_rows_of_tables_5_and_6_switch_what_they_name() -> None:
    for word, count in (("M = 5,", 5), ("M = 10", 10), ("M = 20", 20), ("M = 50", 50)):
        assert config_of("5", word).prototypes.num_prototypes == count
    _, wasserstein, _ = step_of(config_of("6", "sliced Wasserstein"))
    _, kmeans, _ = step_of(config_of("6", "k-means"))
    # The nearest prototype alone follows in k-means: the others do not move.
    assert (wasserstein > 0).all()
    assert (kmeans == 0).any()
    assert (kmeans > 0).any()
    losses, moved, _ = step_of(config_of("6", "vector"))
    assert losses["kmeans"] > 0  # the commitment of descriptors to their codes
    assert (moved > 0).any()
    losses, _, _ = step_of(config_of("6p", "sliced Wasserstein, "))
    assert "information" not in losses
    for row in load("tables").ROWS:
        assert row.table in load("tables").TITLES


def test_a_row_is_trained_once(tmp_path, capsys) -> None:
    tables = load("tables")
    out = tmp_path / "a.json"
    typed = [f"{name}={json.dumps(value)}" for name, value in TINY.items() if "data." not in name]
    command = [
        "ablations", "--steps", "2", "--tables", "4,5", "--rows", "iterative,M = 20",
        "--data", "sample:digits?count=12&seed=1", "--test", "sample:digits?count=4&seed=9",
        "--run-root", str(tmp_path / "runs"), "--out", str(out),
        *(part for text in typed for part in ("--set", text)), "--set", "optim.batch_size=2",
    ]  # fmt: skip
    tables.main(command)
    # Tables 4 and 5 share the row of all terms.
    assert len(list((tmp_path / "runs").iterdir())) == 1
    (result,) = json.loads(out.read_text())["results"].values()
    assert result["seed"] == 0
    assert 0 <= result["metrics"]["released_localisation"] <= 100
    # Twenty prototypes were joined to as many as there are classes.
    assert 0 <= result["metrics"]["joined_bipartite"] <= 100
    text = out.with_suffix(".md").read_text()
    assert "(92.8)" in text
    assert text.count("| all, iterative training |") == 1
    tables.main(command)
    assert len(list((tmp_path / "runs").iterdir())) == 1
    assert "is there already" in capsys.readouterr().out


def test_models_stand_side_by_side_with_the_paper(tmp_path, capsys) -> None:
    tables = load("tables")
    out = tmp_path / "c.json"
    models = [str(write_model(tmp_path / name, seed=seed)) for seed, name in enumerate("ab")]
    command = [
        "compare", *models, "--data", "sample:digits?count=4&seed=9",
        "--protocol", "mnist-hard", "--out", str(out),
    ]  # fmt: skip
    tables.main(command)
    lines = out.with_suffix(".md").read_text().splitlines()
    assert "| paper | 92.1 | 99.9 |" in lines[4]
    assert lines[5].startswith(f"| `{models[0]}` | ")
    assert lines[6].startswith(f"| `{models[1]}` | ")
    tables.main(command)
    assert capsys.readouterr().out.count("is there already") == 2


def test_unknown_rows_and_foreign_files_are_refused(tmp_path) -> None:
    tables = load("tables")
    with pytest.raises(SystemExit, match="no table 9"):
        tables.main(["ablations", "--tables", "9"])
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(SystemExit, match="not a table of this script"):
        tables.main(["ablations", "--out", str(tmp_path / "a.json")])
