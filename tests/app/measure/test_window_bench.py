"""The measurements of the window: numbers come, and nothing is left behind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tusk_app.measure.made_up import made_up_analysis
from tusk_app.measure.rate import Moment, cost, rates
from tusk_app.measure.scale import make_folder, measure_scale
from tusk_app.measure.window import Gaps, percentiles, wait_until
from tusk_core.api import open_source

if TYPE_CHECKING:
    from pathlib import Path


def test_percentiles_of_milliseconds() -> None:
    found = percentiles([float(v) for v in range(101)])
    assert found == {"p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0, "max_ms": 100.0}
    assert math.isnan(percentiles([])["p95_ms"])


def test_first_tick_begins_the_clock() -> None:
    gaps = Gaps()
    for _ in range(4):
        gaps.tick()
    assert len(gaps.milliseconds) == 3


def test_the_window_costs_what_its_rate_is_lower() -> None:
    window = rates(Moment(10, 0.0, 0.0), Moment(19, 2.0, 4.0), 4)
    assert window == {"pictures_per_second": 18.0, "pictures_per_processor_second": 9.0}
    alone = rates(Moment(0, 0.0, 0.0), Moment(10, 2.0, 3.0), 4)
    assert cost(window, alone)["window_slower_by"] == pytest.approx(0.1)
    # Nine steps of four pictures need 2.7 s by themselves and took 4 s, within 2 s.
    assert cost(window, alone)["window_share_of_a_core"] == pytest.approx((4 - 2.7) / 2)
    nothing = {**alone, "pictures_per_second": 0.0}
    assert np.isnan(cost(window, nothing)["window_slower_by"])


def test_waiting_ends_in_time(qapp) -> None:
    assert wait_until(lambda: True, 1)
    assert not wait_until(lambda: False, 0.05)


def test_made_up_analysis_is_sorted_by_picture() -> None:
    prototypes = np.eye(5, dtype=np.float32)
    analysis = made_up_analysis(prototypes, ("hash", "source"), 7, 5000)
    assert (analysis.model_fingerprint, analysis.source) == ("hash", "source")
    assert len(analysis.labels) == 5000
    assert (np.diff(analysis.picture) >= 0).all()
    assert analysis.picture.max() < 7
    assert set(np.unique(analysis.labels)) == set(range(5))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_whole_round_gives_every_number(qapp) -> None:
    from tusk_app.measure.window import BenchPlan, run_bench

    plan = BenchPlan(
        warm_up_s=0.3, training_s=1.0, camera_s=1.0, num_drags=2, num_selections=1, num_clicks=2,
        steps=2000, num_training_pictures=64, num_pictures=100, num_detections=2000, settle_s=0.3,
        track_frames=300, track_individuals=5,
    )  # fmt: skip
    numbers = run_bench(plan)
    assert numbers["training"]["ticks"] > 10
    assert numbers["training"]["pause_acknowledged_ms"] > 0
    # On a busy machine not one step may end within the second that is measured.
    assert numbers["training"]["pictures_per_second"] >= 0
    assert numbers["camera"]["shown_fps"] > 0
    assert numbers["keypoint_drag"]["p50_ms"] > 0
    assert numbers["selection"]["p50_ms"] > 0
    assert numbers["selection"]["detections"] == 2000
    assert numbers["first_overlay"]["p50_ms"] > 0
    assert numbers["tracks"]["acts"]["seek"]["p50_ms"] > 0


def test_a_folder_of_many_pictures_is_a_few_files_under_many_names(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "many", 30)
    files = sorted(folder.iterdir())
    assert len(files) == 30
    assert len({file.stat().st_ino for file in files}) == 1
    assert len(open_source(str(folder))) == 30


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_scale_gives_every_number(qapp) -> None:
    numbers = measure_scale([60])["n60"]
    assert numbers["folder"]["first_thumbnail_s"] >= numbers["folder"]["opened_s"] > 0
    assert numbers["map"]["pan_fps"] > 0
    assert numbers["keypoints"]["taken_ms"] > 0
