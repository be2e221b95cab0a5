"""The door alone, as a notebook uses it: everything a command does, without a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.small_models import picture, write_model
from tusk_core import api
from tusk_core.control import Cancelled, RunControl
from tusk_core.data.pictures import write_picture
from tusk_core.results import Analysis, EmbeddingMap, SourceError, TuskError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures and a file that is none."""
    made = tmp_path / "pictures"
    made.mkdir()
    for number in range(3):
        write_picture(made / f"{number}.png", picture(seed=number))
    (made / "1b.png").write_bytes(b"not a picture")
    return made


@pytest.fixture
def predictor(tmp_path: Path) -> api.Predictor:
    return api.open_predictor(write_model(tmp_path / "model"), device="cpu")


def test_detect_explore_and_draw_in_memory(predictor, folder: Path, tmp_path: Path) -> None:
    control = RunControl()
    with api.open_source(str(folder)) as source:
        *progress, analysis = api.detect(predictor, source, control, num_keypoints=2)
        assert isinstance(analysis, Analysis)
        assert [step.done for step in progress] == [4]
        assert "1 cannot be read" in progress[-1].message
        assert analysis.picture_names == ("0.png", "1.png", "2.png")
        assert len(analysis.scores) == 6
        list(api.write_overlays(analysis, source, tmp_path / "drawn", control))
    assert len(list((tmp_path / "drawn").iterdir())) == 3
    table, plot = tmp_path / "map.csv", tmp_path / "map.png"
    api.check_embedding(table, plot, "pca")
    *_, layout = api.embed(analysis, method="pca")
    assert isinstance(layout, EmbeddingMap)
    api.save_embedding(layout, analysis, table, plot)
    assert len(table.read_text().splitlines()) == 1 + 6 + 6
    assert plot.stat().st_size > 1000


def test_rebuild_tells_what_was_left_out(predictor, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "rebuilt"
    with api.open_source(str(folder)) as source:
        items = list(api.rebuild(predictor, [source], out, RunControl(), num_keypoints=2))
    (problem,) = [item for item in items if isinstance(item, SourceError)]
    assert "1b.png" in str(problem)
    assert sorted(path.name for path in out.iterdir()) == ["0", "1", "2"]
    assert len(list((out / "0" / "layers").iterdir())) == 4


def test_a_stop_ends_every_job(predictor, folder: Path, tmp_path: Path) -> None:
    control = RunControl()
    control.request_stop()
    with api.open_source(str(folder)) as source:
        for job in (
            api.detect(predictor, source, control),
            api.rebuild(predictor, [source], tmp_path / "out", control),
        ):
            with pytest.raises(Cancelled):
                list(job)


def test_what_could_not_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(TuskError, match="must end in"):
        api.check_embedding(tmp_path / "map.txt", None, "pca")
    with pytest.raises(TuskError, match="must end in"):
        api.check_embedding(tmp_path / "map.csv", tmp_path / "map.gif", "pca")
    with pytest.raises(TuskError, match="no export format"):
        api.check_export(tmp_path / "a.xyz", "xyz")
    with pytest.raises(TuskError, match="format"):
        api.format_for(tmp_path / "a.xyz")
    assert api.format_for(tmp_path / "a.json") == "coco"


def test_only_what_the_door_opened_goes_back_in(folder: Path, predictor) -> None:
    with api.open_source(str(folder)) as source, pytest.raises(TypeError, match="open_predictor"):
        list(api.detect(object(), source, RunControl()))
    with pytest.raises(TypeError, match="open_source"):
        list(api.detect(predictor, object(), RunControl()))


def test_everything_says_what_it_is(predictor, folder: Path, tmp_path: Path) -> None:
    assert api.describe(str(tmp_path / "model"))["kind"] == "model"
    pictures = api.describe(str(folder))
    assert (pictures["kind"], pictures["num_pictures"]) == ("folder", 3)
    assert pictures["num_unreadable"] == 1
    assert not api.is_run(folder)
    with pytest.raises(TuskError):
        api.describe("nothing of this name")
