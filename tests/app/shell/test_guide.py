"""The guide inside the window: pages, search, F1; everything it shows is installed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl

from tusk_app.app import compose
from tusk_app.shell.help_dock import HelpDock
from tusk_app.shell.help_pages import FIRST, ORDER, PAGE_OF, load_pages, make_page, search
from tusk_app.shell.main_window import DOCKS

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def dock(qtbot, settings):
    bench = compose(settings)
    dock = HelpDock(bench)
    qtbot.addWidget(dock)
    yield dock
    assert bench.shut_down() == []


def test_every_panel_has_a_page_that_is_there() -> None:
    pages = {page.name for page in load_pages()}
    assert set(ORDER) <= pages
    panels = {spec.make.name for spec in DOCKS} - {"help"}
    assert panels == set(PAGE_OF)
    assert {page for page, _ in PAGE_OF.values()} <= pages


def test_sections_are_found_by_all_their_words() -> None:
    page = make_page("a", "# Top\nfirst\n```\n# not a heading\n```\n## Merge *kinds*\nJoin `two`.")
    assert [section.heading for section in page.sections] == ["Top", "Merge kinds"]
    assert [hit.section.heading for hit in search((page,), "JOIN two")] == ["Merge kinds"]
    assert search((page,), "join never") == []
    assert search((page,), "merge prototypes")  # the method's word for kinds
    assert search((page,), "  ") == []


def test_typing_searches_and_a_hit_opens_its_section(dock, qtbot) -> None:
    dock.open_page(FIRST)
    assert dock.shown == FIRST
    qtbot.keyClicks(dock.search_box, "webcam")
    assert dock.hits.count() > 0
    dock.hits.itemActivated.emit(dock.hits.item(0))
    assert dock.browser.isVisibleTo(dock)
    assert dock.shown in PAGES
    dock.search_box.setText("zzz never said")
    assert "Nothing in the guide" in dock.hits.item(0).text()


def test_links_between_pages_stay_inside_and_back_returns(dock) -> None:
    dock.open_page("guide/train")
    dock.browser.anchorClicked.emit(QUrl("discover.md"))
    assert dock.shown == "guide/discover"
    dock.back.click()
    assert dock.shown == "guide/train"
    assert not dock.back.isEnabled()


def test_pictures_of_a_page_are_drawn(dock) -> None:
    dock.open_page("guide/three-things")
    text = dock.browser.document()
    for name in ("things-merges", "things-map"):
        picture = text.resource(2, text.baseUrl().resolved(QUrl(f"../pictures/{name}.png")))
        picture = picture or dock.browser.loadResource(2, QUrl(f"../pictures/{name}.png"))
        assert picture is not None


def test_f1_opens_the_page_of_a_panel(dock) -> None:
    dock.open_for("tracks")
    assert dock.shown == "guide/tracks"
    dock.open_for("")
    assert dock.shown == FIRST


def test_wheel_and_bundle_carry_the_pages_and_their_pictures() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    carried = wheel["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    spec = (ROOT / "build.spec").read_text(encoding="utf-8")
    for place, target in carried.items():
        if place.startswith("docs/"):
            assert (ROOT / place).exists()
            assert target == f"tusk_core/_resources/{place}"
    assert {"docs/guide", "docs/words.md", "docs/troubleshooting.md"} <= carried.keys()
    for part in ('"docs" / "guide"', '"words.md"', '"troubleshooting.md"', '"things-*.png"'):
        assert part in spec
    for page in load_pages():
        for line in page.markdown.splitlines():
            if line.startswith("!["):
                picture = line.rpartition("(")[2].rstrip(")").removeprefix("../")
                assert f"docs/{picture}" in carried


PAGES = {page.name for page in load_pages()}
