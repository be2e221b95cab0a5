"""Kinds made anew: as many as asked for, for the pictures given, keypoints where they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.support.small_models import write_model
from tusk_core import api, cli
from tusk_core.inference.refit import refitted

if TYPE_CHECKING:
    from pathlib import Path

PICTURES = "sample:tetrominoes?count=12"


def test_gathered_descriptors_get_a_kind_each() -> None:
    generator = torch.Generator().manual_seed(0)
    truth = torch.arange(8).repeat_interleave(30)
    noise = 0.1 * torch.randn(240, 16, generator=generator)
    descriptors = F.normalize(torch.eye(8, 16)[truth] + noise, dim=1)
    labels = (descriptors @ refitted(descriptors, 8, seed=0).T).argmax(dim=1)
    assert len({(int(a), int(b)) for a, b in zip(truth, labels, strict=True)}) == 8
    assert labels.unique().numel() == 8


def test_keypoints_stay_and_kinds_fit_better(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = write_model(tmp_path / "old", {"prototypes.num_prototypes": 9})
    words = ["--refit", PICTURES, "--count", "5", "--out", str(tmp_path / "new")]
    assert cli.main(["kinds", str(old), *words]) == 0
    assert str(tmp_path / "new") in capsys.readouterr().out
    before, after = (api.open_predictor(tmp_path / name, device="cpu") for name in ("old", "new"))
    assert len(after.info.prototypes) == 5
    image = api.open_source(PICTURES).read(0)
    found, again = before.detect(image).keypoints, after.detect(image).keypoints
    assert np.array_equal(found.xy, again.xy)
    assert again.labels.max() < 5
    nearness = [
        float((k.descriptors @ p.info.prototypes.T).max(axis=1).mean())
        for k, p in ((found, before), (again, after))
    ]
    assert nearness[1] > nearness[0]


def test_refusals_are_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = str(write_model(tmp_path / "old"))
    assert cli.main(["kinds", old, "--refit", PICTURES]) == 2
    assert "--count" in capsys.readouterr().err
    out = ["--out", str(tmp_path / "new")]
    assert cli.main(["kinds", old, "--refit", PICTURES, "--count", "4000", *out]) != 0
    assert "ask for fewer kinds" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
