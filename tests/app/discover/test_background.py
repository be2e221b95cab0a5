"""Kinds that look like background: offered after an analysis, hidden at a click, undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget

from tests.support import screen
from tests.support.analyses import clustered_analysis
from tests.support.fake_predictor import model_info
from tests.support.screen import button, named, press, says
from tusk_app.discover.widgets.background_dialog import BackgroundDialog

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.app import Program

NUM = 20


@pytest.fixture
def opened(program: Program, tmp_path: Path) -> Program:
    """A model with results: one kind keeps to the edge, the others to the middle."""
    from dataclasses import replace

    bench = program.workbench
    model = model_info(tmp_path / "model")
    kinds = len(model.prototypes)
    made = clustered_analysis(NUM * kinds, num_pictures=NUM, num_prototypes=kinds)
    rng = np.random.default_rng(0)
    xy = rng.normal((32, 24), 3, (NUM, kinds, 2))
    xy[:, 5] = np.stack([rng.uniform(0, 63, NUM), np.ones(NUM)], axis=1)
    bench.document.set_model(model)
    bench.document.set_analysis(
        replace(
            made,
            model_fingerprint=model.fingerprint,
            picture=np.repeat(np.arange(NUM), kinds).astype(np.int32),
            labels=np.tile(np.arange(kinds), NUM).astype(np.int32),
            xy=xy.reshape(-1, 2).astype(np.float32),
        )
    )
    return program


def test_it_is_offered_listed_hidden_and_undone(opened: Program, qtbot) -> None:
    bench, window, told = opened.workbench, opened.window, []
    bench.notices.toast_posted.connect(told.append)
    qtbot.waitUntil(lambda: says(window, "1 kind looks like background."), timeout=30_000)
    press(window, "Show…")
    dialog = screen.dialog(window, BackgroundDialog)
    assert dialog is not None
    rows = named(dialog, "Kinds that look like background", QListWidget)
    assert rows.count() == 1
    assert "#5" in rows.item(0).text()
    assert "at the edge" in rows.item(0).text()
    rows.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert not button(dialog, "Hide 0 kinds").isEnabled()
    rows.item(0).setCheckState(Qt.CheckState.Checked)
    press(dialog, "Hide 1 kind")
    assert bench.prototypes.is_hidden(5)
    assert says(window, "1 kind is hidden as background.")
    bench.actions.trigger("analyze.background")
    assert screen.dialog(window, BackgroundDialog) is None  # nothing is left to hide
    assert told[-1].action_text == "Undo"
    told[-1].action()
    assert not bench.prototypes.is_hidden(5)


def test_without_results_there_is_nothing_to_judge(opened: Program, qtbot) -> None:
    bench = opened.workbench
    qtbot.waitUntil(lambda: bench.background.found is not None, timeout=30_000)
    action = bench.actions.get("analyze.background")
    assert action.isEnabled()
    bench.document.set_analysis(None)
    assert not action.isEnabled()
    assert not says(opened.window, "looks like background")
