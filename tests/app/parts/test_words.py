"""The interface's vocabulary: one switch, one page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import screen
from tusk_app.app import compose
from tusk_app.layers.dock import ReconstructionDock
from tusk_app.map.dock import EmbeddingDock
from tusk_app.parts.words import WORDS, say, unnamed, use_terms
from tusk_app.shell.preferences import PreferencesDialog
from tusk_app.shell.widgets.dock_title import DockTitle

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def plain_words_afterwards():
    yield
    use_terms(on=False)


def test_a_text_says_plain_words_or_the_methods() -> None:
    text = "Show the &[kinds] of [5] of this [point]"
    assert say(text) == "Show the &kinds of [5] of this point"
    use_terms(on=True)
    assert say(text) == "Show the &prototypes of [5] of this keypoint"
    assert say("[Points], [Kind]") == "Keypoints, Prototype"


def test_the_preference_decides_at_the_next_start(qtbot, settings) -> None:
    bench = compose(settings)
    dialog = PreferencesDialog(settings, (), lambda: None)
    qtbot.addWidget(dialog)
    assert not dialog.terms.isChecked()
    dock = ReconstructionDock(bench)
    qtbot.addWidget(dock)
    assert screen.says(DockTitle(dock), "What does each point draw?")
    dialog.terms.click()
    assert bench.shut_down() == []
    bench = compose(settings)
    dock = ReconstructionDock(bench)
    qtbot.addWidget(dock)
    assert screen.says(DockTitle(dock), "What does each keypoint draw?")
    assert bench.shut_down() == []


def test_titles_say_what_a_panel_answers(qtbot, settings) -> None:
    bench = compose(settings)
    dock = EmbeddingDock(bench)
    qtbot.addWidget(dock)
    assert screen.says(DockTitle(dock), "Where are they alike?")
    assert bench.shut_down() == []


def test_a_kind_without_a_name_has_its_number() -> None:
    assert unnamed(15) == "#15"


def test_the_page_of_words_has_them_all() -> None:
    page = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    for word in WORDS:
        assert f"| {word.plain} | {word.term} | {word.meaning}" in page
