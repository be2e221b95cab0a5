"""Deep pictures and those of many channels look alike wherever the window shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from PySide6.QtGui import QImage

from tests.app.training.test_training_shape import press, summary_page, training_dialog
from tests.support import screen
from tests.support.small_models import write_model
from tusk_app.pictures.widgets.look_rows import LookRows
from tusk_core import api
from tusk_core.control import RunControl

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.app import Program


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Three pictures of 100 counts, with one of 900 counts in each at another place."""
    folder = tmp_path / "series"
    folder.mkdir()
    for number in range(3):
        counts = np.full((30, 40), 100, np.uint16)
        counts[: 5 + number] = 900
        tifffile.imwrite(folder / f"t{number}.tif", counts)
    return folder


def thumbnail(qtbot, program: Program, index: int) -> int:
    """Return how bright the last row of a thumbnail is."""
    store = program.workbench.sources.thumbnails
    qtbot.waitUntil(lambda: store.get(index) is not None)
    image: QImage = store.get(index)
    return image.pixelColor(1, image.height() - 1).red()


def test_thumbnails_patches_and_side_pictures_look_as_the_model_sees_them(
    qtbot, program: Program, series: Path, tmp_path: Path
) -> None:
    bench, measured, of_model = program.workbench, round(100 * 255 / 1023), round(100 * 255 / 400)
    bench.sources.open_pictures(str(series))
    qtbot.waitUntil(lambda: bench.document.picture is not None)
    assert thumbnail(qtbot, program, 1) == measured
    look = {"data.brightness": "range", "data.brightness_low": 0, "data.brightness_high": 400}
    model = write_model(tmp_path / "model", look)
    list(api.analyse(model, str(series), tmp_path / "a.h5", RunControl()))
    bench.engine.open_model(str(model))
    qtbot.waitUntil(lambda: bench.document.model is not None, timeout=60_000)
    qtbot.waitUntil(lambda: bench.document.picture is not None)
    assert bench.document.picture[29, 0, 0] == of_model
    assert thumbnail(qtbot, program, 1) == of_model

    with qtbot.waitSignal(bench.side_reader.picture_read) as read:
        bench.side_reader.read("a test", bench.document.source, 2)
    assert read.args[2][29, 0, 0] == of_model

    analysis = api.open_analysis(tmp_path / "a.h5")
    assert (analysis.shown_as.brightness, analysis.shown_as.brightness_high) == ("range", 400)
    bench.document.set_analysis(analysis)
    bench.document.set_model(None)  # the results know it by themselves
    request = bench.patches.request(np.array([0]))
    assert request.shown_as == analysis.shown_as
    qtbot.waitUntil(lambda: bench.document.picture is not None)
    assert bench.document.picture[29, 0, 0] == measured
    assert thumbnail(qtbot, program, 1) == measured


def choose_channels(rows: LookRows, *numbers: int) -> None:
    """Choose the channel of each colour; one number shows one channel as grey."""
    chosen = (*numbers, None, None)[:3] if len(numbers) > 1 else numbers * 3
    for colour, number in zip(("red", "green", "blue"), chosen, strict=True):
        box = screen.box(rows, f"Channel shown as {colour}")
        box.setCurrentText("–" if number is None else str(number + 1))


def test_channels_chosen_on_the_summary_page_reach_canvas_and_training(
    qtbot, program: Program, tmp_path: Path
) -> None:
    dyes = np.stack([np.full((30, 40), value, np.uint8) for value in (10, 20, 30, 40)])
    path = tmp_path / "dyes.tif"
    tifffile.imwrite(path, np.stack([dyes] * 3), imagej=True, metadata={"axes": "TCYX"})
    page = summary_page(qtbot, program, path)
    assert page.facts["Pictures"] == "3 pictures, from files with 3 times"
    rows = page.findChild(LookRows)
    assert rows.channels == ()
    with qtbot.waitSignal(program.workbench.sources.survey_ready) as surveyed:
        choose_channels(rows, 3, 0)
    assert surveyed.args[0].examples[0][0, 0].tolist() == [40, 10, 0]
    press(page, "Open and train…")
    dialog = training_dialog(qtbot, program)
    document = program.workbench.document
    qtbot.waitUntil(lambda: document.picture is not None)
    assert document.picture[0, 0].tolist() == [40, 10, 0]
    assert dialog.config().data.picture_channels == (3, 0)
    assert thumbnail(qtbot, program, 2) == 40
    dialog.close()


@pytest.mark.parametrize(
    ("chosen", "channels"), [((2,), (2,)), ((0, 1, 2), ()), ((1, 0, 3), (1, 0, 3))]
)
def test_the_rows_say_what_was_chosen(qtbot, chosen, channels) -> None:
    rows = LookRows()
    qtbot.addWidget(rows)
    rows.show_channels(4)
    choose_channels(rows, *chosen)
    assert rows.channels == channels
    rows.show_channels(0)
    assert rows.channels == ()
