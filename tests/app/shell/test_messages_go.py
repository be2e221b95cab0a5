"""Messages that belong to a model, or to the last change, go with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.fake_predictor import model_info
from tests.support.screen import says
from tusk_app.gallery.dock import GalleryDock

if TYPE_CHECKING:
    from tusk_app.app import Program

JOINED = "are shown and exported as"


def test_what_can_be_undone_goes_with_its_model(program: Program) -> None:
    bench, window = program.workbench, program.window
    first = model_info(Path("/models/first"))
    bench.document.set_model(first)
    window.panel(GalleryDock).commands.merge([0, 1])
    assert says(window, JOINED)
    # The same model, read again because its kinds were edited: the merge is still there.
    bench.document.set_model(replace(first, fingerprint="edited"))
    assert says(window, JOINED)
    bench.document.set_model(model_info(Path("/models/second")))
    assert not says(window, JOINED)


def test_only_the_last_merge_can_be_undone(program: Program) -> None:
    bench, window = program.workbench, program.window
    bench.document.set_model(model_info(Path("/models/first")))
    commands = window.panel(GalleryDock).commands
    commands.merge([0, 1])
    commands.merge([2, 3, 4])
    assert says(window, f"3 kinds {JOINED}")
    assert not says(window, f"2 kinds {JOINED}")


def test_other_messages_stay(program: Program) -> None:
    bench, window = program.workbench, program.window
    bench.document.set_model(model_info(Path("/models/first")))
    bench.notices.toast("Saved kinds.csv.", "success")
    bench.document.set_model(model_info(Path("/models/second")))
    assert says(window, "Saved kinds.csv.")
