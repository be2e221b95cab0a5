"""The page of a model on a data set: whole, alone, readable by everyone, and never a program."""

from __future__ import annotations

import base64
import itertools
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.support.small_models import picture, write_model
from tusk_core import api, cli
from tusk_core.control import Cancelled, RunControl
from tusk_core.data.pictures import write_picture
from tusk_core.prototype_names import PrototypeNames
from tusk_core.results import Analysis, EvaluationReport, SourceError

HOSTILE = "<script>alert(1)<!script> & \"x\" 'y'"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
VOID = {"meta", "img", "rect", "polyline", "br", "link"}


class Page(HTMLParser):
    """Reads a page strictly: every tag closed in order; collects what matters."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "small")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / HOSTILE
    folder.mkdir()
    for number in range(4):
        write_picture(folder / f"{number} {HOSTILE}.png", picture(seed=number))
    return folder


def found(model: Path, source: str) -> tuple[api.Predictor, Analysis]:
    predictor = api.open_predictor(model, device="cpu")
    with api.open_source(source) as opened:
        job = api.detect(predictor, opened, RunControl())
        (analysis,) = (item for item in job if isinstance(item, Analysis))
    return predictor, analysis


def written(model: Path, source: Path, out: Path, **more: object) -> Page:
    predictor, analysis = found(model, str(source))
    with api.open_source(str(source)) as opened:
        list(api.write_page(predictor.info, analysis, opened, out, RunControl(), **more))
    return Page(out.read_text(encoding="utf-8"))


def check(page: Page) -> None:
    """What holds for every page."""
    assert not page.all("script")
    assert not page.all("link")
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert "://" not in "".join(filter(None, (attributes.get("src"), attributes.get("href"))))
    for image in page.all("img"):
        head, _, content = str(image["src"]).partition(",")
        assert head in {"data:image/jpeg;base64", "data:image/png;base64"}
        decoded = cv2.imdecode(np.frombuffer(base64.b64decode(content), np.uint8), 1)
        assert decoded.shape[:2] == (int(str(image["height"])), int(str(image["width"])))
        assert image["alt"]
    for drawing in page.all("svg"):
        assert drawing["aria-label"]
        assert "nan" not in str(drawing)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_command_writes_a_whole_page_that_needs_nothing_else(
    model: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = EvaluationReport(
        "multi-object", "small", "x", {"f1": 81.5}, {"f1": (80.0, 83.0)}, {"f1": 90.0}, {"seen": 9}
    )  # fmt: skip
    api.save_report(report, tmp_path / "figures.json")
    out = tmp_path / "new" / "page.html"
    words = ["report", str(model), str(pictures), "--out", str(out), "--device=cpu"]
    assert cli.main([*words, "--evaluation", str(tmp_path / "figures.json")]) == 0
    assert str(out) in capsys.readouterr().out
    page = Page(out.read_text(encoding="utf-8"))
    check(page)
    assert len(page.all("figure")) == 4 + 1  # four pictures, and how many points in each
    assert "16" in page.text  # four points in four pictures
    assert "80.00 – 83.00" in page.text
    assert "decoder.patch_size" in page.text
    assert [p for p in out.parent.iterdir() if p != out] == []


def test_names_never_become_part_of_the_page(model: Path, pictures: Path, tmp_path: Path) -> None:
    names = PrototypeNames(names=dict.fromkeys(range(6), HOSTILE + "\x00"))
    page = written(model, pictures, tmp_path / "a.html", names=names, title=HOSTILE)
    check(page)
    assert HOSTILE in page.text
    assert any(HOSTILE in str(image["alt"]) for image in page.all("img"))


def test_merged_kinds_count_as_one_and_hidden_ones_not_at_all(
    model: Path, pictures: Path, tmp_path: Path
) -> None:
    _, analysis = found(model, str(pictures))
    kinds = sorted(set(analysis.labels.tolist()))
    first, last = kinds[0], kinds[-1]
    assert first != last
    hidden = int((analysis.labels == last).sum())
    merged = dict.fromkeys(kinds[1:-1], first)
    names = PrototypeNames({first: "the one"}, merged, frozenset({last}))
    page = written(model, pictures, tmp_path / "a.html", names=names)
    assert f"{len(analysis.labels) - hidden} points (100.0 %)" in page.text
    assert f"#{first} the one" in page.text
    assert f"#{last}" not in page.text


def test_a_model_that_finds_nothing_still_has_a_page(
    model: Path, pictures: Path, tmp_path: Path
) -> None:
    predictor, analysis = found(model, str(pictures))
    none = np.zeros(0, np.int32)
    empty = replace(
        analysis, picture=none, xy=np.zeros((0, 2), np.float32), scores=np.zeros(0, np.float32),
        labels=none, descriptors=analysis.descriptors[:0], classes=none,
    )  # fmt: skip
    with api.open_source(str(pictures)) as opened:
        list(api.write_page(predictor.info, empty, opened, tmp_path / "a.html", RunControl()))
    page = Page((tmp_path / "a.html").read_text(encoding="utf-8"))
    check(page)
    assert "Nothing was found" in page.text


def test_stopped_or_refused_it_leaves_nothing(model: Path, pictures: Path, tmp_path: Path) -> None:
    predictor, analysis = found(model, str(pictures))
    control = RunControl()
    with api.open_source(str(pictures)) as opened:
        job = api.write_page(predictor.info, analysis, opened, tmp_path / "a.html", control)
        next(job)
        control.request_stop()
        with pytest.raises(Cancelled):
            list(job)
        (tmp_path / "file").write_text("x")
        job = api.write_page(predictor.info, analysis, opened, tmp_path / "file/a", RunControl())
        with pytest.raises(SourceError, match="cannot be written"):
            list(job)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_another_ending_is_refused_before_the_work(
    model: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["report", str(model), str(pictures), "--out", str(tmp_path / "a.pdf")]) == 2
    assert "end in .html" in capsys.readouterr().err


def _luminance(colour: str) -> float:
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_text_can_be_read_in_light_and_in_dark(model: Path, pictures: Path, tmp_path: Path) -> None:
    written(model, pictures, tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    themes = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    assert len(themes) == 2
    for theme in themes:
        colours = dict(re.findall(r"--(\w+): (#\w{6})", theme))
        for ink in ("text", "muted", "accent"):
            for ground in ("ground", "raised"):
                light, dark = sorted(
                    (_luminance(colours[ink]), _luminance(colours[ground])), reverse=True
                )
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_draws_it(model: Path, pictures: Path, tmp_path: Path) -> None:
    written(model, pictures, tmp_path / "a.html")
    subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=900,900",
         f"--user-data-dir={tmp_path / 'browser'}", f"--screenshot={tmp_path / 'a.png'}",
         (tmp_path / "a.html").as_uri()],
        check=True, capture_output=True, timeout=100,
    )  # fmt: skip
    drawn = cv2.imdecode(np.frombuffer((tmp_path / "a.png").read_bytes(), np.uint8), 1)
    assert drawn.shape == (900, 900, 3)
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 500  # photographs, not an empty page
