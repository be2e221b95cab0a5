"""The command line: outcomes, exit statuses, files, and errors as sentences."""

from __future__ import annotations

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from tests.support.small_models import KINDS, picture, write_model
from tusk_core import cli
from tusk_core.commands.terminal import Terminal, duration
from tusk_core.config import TrainConfig, load_preset
from tusk_core.data.pictures import read_picture, write_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
TINY = [
    "--set=encoder.widths=[8, 8]",
    "--set=encoder.num_features=8",
    "--set=decoder.patch_channels=8",
    "--set=prototypes.num_prototypes=8",
    "--set=prototypes.bank_size=64",
    "--set=optim.batch_size=4",
    "--device=cpu",
]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    for index in range(3):
        (root / "deeper").mkdir(parents=True, exist_ok=True)
        write_picture(root / "deeper" / f"p{index}.png", picture(40 + index, 30, index))
    return root


def refused(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run what must be refused; returns the sentence on stderr."""
    assert cli.main(list(arguments)) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert len(error.strip().splitlines()) == 1
    assert error.strip().endswith((".", "`tusk devices` lists them."))
    return error


def loaded(words: Sequence[str], names: Sequence[str], package: str = "tusk_core") -> set[str]:
    """Run ``python -m PACKAGE WORDS`` and tell which of ``names`` it loaded."""
    code = (
        f"import runpy, sys\nsys.argv = ['tusk', *{list(words)}]\n"
        f"try: runpy.run_module({package!r}, run_name='__main__', alter_sys=True)\n"
        f"except SystemExit as end: assert not end.code, end\n"
        f"print(*({set(names)} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("package", ["tusk_core", "tusk_app"])
def test_the_list_of_commands_loads_next_to_nothing(package: str) -> None:
    heavy = ["torch", "numpy", "cv2", "pydantic", "PySide6", "tusk_core.api", "tempfile"]
    assert loaded(["--help"], heavy, package) == set()


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom tusk_core.cli import main\n"
        "for words in (['train', '--help'], ['detect', '--help'], ['presets'], "
        "['settings', 'optim']):\n    assert main(words) == 0\n"
        "print({'torch', 'cv2', 'h5py', 'numpy', 'PySide6'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize("command", cli.COMMAND_NAMES)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command, "--help"]) == 0
    assert f"tusk {command}" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("TUSK ")


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "COMMAND" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "invalid choice"),
        (["detect"], "required"),
        (["detect", "nothing", "here", "--out", "a.xyz"], ".json"),
        (["detect", "nothing", "here", "--out", "a.json"], "no model 'nothing'"),
        (["detect", "m", "s", "--out", "a.json", "--min-score", "2"], "0 to 1"),
        (["detect", "m", "s", "--out", "a.json", "--num-keypoints", "0"], "whole number"),
        (["detect", "m", "s", "--out", "a.json", "--device", "tpu"], "must be auto"),
        (["train", "--preset", "nothing"], "no preset"),
        (["train", "--preset", "quick-tetrominoes", "--set", "optim.step=1"], "no setting"),
        (["train", "--preset", "quick-tetrominoes", "--set", "optim.steps"], "name=value"),
        (["train", "--preset", "quick-tetrominoes", "--set", "optim.steps=x"], "optim.steps"),
        (["train", "--preset", "quick-tetrominoes", "--data", "/nowhere"], "/nowhere"),
        (["train", "--config", "/nowhere.toml"], "/nowhere.toml"),
        (["train", "--config", "a", "--preset", "b"], "not both"),
        (["train", "--preset", "quick-tetrominoes", "--steps", "-3"], "whole number"),
        (["train", "--preset", "quick-tetrominoes", "--minutes", "nan"], "above 0"),
        (["train", "--resume", "/nowhere"], "run folder"),
        (["train", "--resume", "/nowhere", "--preset", "x", "--seed", "1"], "--preset, --seed"),
        (["reconstruct", "nothing", "x.png", "--out", "o"], "no model"),
        (["embed", "nothing", "x", "--out", "o.txt"], ".csv"),
        (["evaluate", "m", "--data", "d", "--protocol", "other"], "invalid choice"),
        (["sample-data", "cats", "--count", "3", "--out", "o"], "cats"),
        (["export", "nothing", "--format", "slides", "--out", "o"], "no format"),
        (["export", "nothing", "--format", "coco", "--out", "o.json"], "--data"),
        (["export", "nothing"], "--format"),
        (["info", "/nowhere"], "/nowhere"),
        (["presets", "nothing"], "no preset"),
        (["settings", "nothing"], "No setting"),
        (["bench", "everything"], "invalid choice"),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert words in refused(arguments, capsys)
    assert not list(tmp_path.rglob("*.json"))


def test_a_refused_run_leaves_no_folder(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    assert cli.main(["train", "--data", str(tmp_path / "no"), "--run-root", str(root)]) == 2
    assert not root.exists()


def test_a_bug_is_logged(
    tusk_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_arguments: object) -> int:
        raise RuntimeError("something\nstrange")

    monkeypatch.setattr("tusk_core.commands.devices.run", broken)
    assert cli.main(["devices"]) == 1
    error = capsys.readouterr().err
    assert "something strange" in error
    assert "Traceback" not in error
    (log,) = (tusk_home / "logs").iterdir()
    assert "Traceback" in log.read_text()
    assert str(log) in error


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("tusk_core.commands.devices.run", interrupted)
    assert cli.main(["devices"]) == 130


def trained(root: Path, *more: str) -> Path:
    """Train six steps on made-up tetrominoes; returns the run folder."""
    arguments = ["train", "--data=sample:tetrominoes?count=24", "--preset=quick-tetrominoes"]
    assert cli.main([*arguments, "--steps=6", f"--run-root={root}", *TINY, *more]) == 0
    (run,) = root.iterdir()
    return run


@pytest.mark.slow
def test_train_detect_reconstruct_and_resume(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = trained(tmp_path / "runs", "--seed=3", "--name=first try")
    shown = capsys.readouterr().out
    assert "Done after 6 steps" in shown
    assert str(run) in shown
    assert json.loads((run / "config.json").read_text())["run"]["seed"] == 3

    assert cli.main(["info", str(run), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["kind"], facts["status"], facts["step"]) == ("run", "completed", 6)

    assert cli.main(["train", "--resume", str(run), "--steps", "8", "--device", "cpu"]) == 0
    assert "Done after 8 steps" in capsys.readouterr().out

    out = tmp_path / "points.json"
    assert cli.main(["detect", str(run), "sample:tetrominoes?count=3", "--out", str(out)]) == 0
    assert len(json.loads(out.read_text())["images"]) == 3


@pytest.mark.slow
def test_train_from_a_file_and_from_a_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = trained(tmp_path / "runs")
    for name in ("config.json", "checkpoints/step_00000006/config.json"):
        arguments = ["--config", str(run / name), "--steps=2", "--start-from", str(run)]
        root = tmp_path / name.replace("/", "_")
        assert cli.main(["train", *arguments, "--run-root", str(root), "--device=cpu"]) == 0
    capsys.readouterr()


@pytest.mark.slow
def test_ctrl_c_keeps_the_work(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tusk_core", "train", "--data=sample:tetrominoes?count=24"]
    options = ["--preset=quick-tetrominoes", "--steps=100000", f"--run-root={tmp_path / 'runs'}"]
    process = subprocess.Popen(
        [*command, *options, *TINY], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    for line in process.stdout:
        if b"step 1 " in line:
            break
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in error
    assert b"--resume" in out
    (run,) = (tmp_path / "runs").iterdir()
    assert json.loads((run / "run.json").read_text())["status"] == "stopped"
    assert json.loads((run / "checkpoints" / "latest.json").read_text())["step"] >= 1


def test_detect_writes_coco(model: Path, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "new folder" / "points.json"
    assert cli.main(["detect", str(model), str(folder), "--out", str(out)]) == 0
    content = json.loads(out.read_text())
    names = [image["file_name"] for image in content["images"]]
    assert names == ["deeper/p0.png", "deeper/p1.png", "deeper/p2.png"]
    assert [category["id"] for category in content["categories"]] == list(range(6))
    for annotation in content["annotations"]:
        x, y, seen = annotation["keypoints"]
        assert 0 <= x <= 41
        assert 0 <= y <= 29
        assert seen == 2
        assert 0 <= annotation["score"] <= 1
        assert annotation["category_id"] in range(6)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "h5"])
def test_detect_writes_other_formats(
    suffix: str, model: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"points.{suffix}"
    options = ["--num-keypoints", "2", "--min-score", "0.2"]
    assert cli.main(["detect", str(model), str(folder), "--out", str(out), *options]) == 0
    assert out.is_file()
    if suffix == "csv":
        rows = list(csv.DictReader(out.read_text().splitlines()))
        assert all(float(row["score"]) >= 0.2 for row in rows)
        assert len(rows) <= 6
        assert "centre" in json.loads(out.with_name("points.csv.json").read_text())["coordinates"]
    if suffix == "h5":
        capsys.readouterr()
        assert cli.main(["info", str(out), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["num_pictures"] == 3


def test_names_given_in_the_window_are_used(model: Path, folder: Path, tmp_path: Path) -> None:
    given = {"schema": 1, "names": {"1": "eye"}, "hidden": [0], "merged": {"2": 1, "3": 1}}
    (model / "prototypes.json").write_text(json.dumps(given))

    def detected(*more: str) -> dict[str, object]:
        out = tmp_path / "p.json"
        assert cli.main(["detect", str(model), str(folder), "--out", str(out), *more]) == 0
        return dict(json.loads(out.read_text()))

    def names(content: dict[str, object]) -> dict[int, str]:
        return {c["id"]: c["name"] for c in content["categories"]}  # type: ignore[attr-defined]

    assert names(detected())[1] == "eye"
    assert len(names(detected())) == 6
    mapped = names(detected("--prototypes", str(model / "prototypes.json")))
    assert sorted(mapped) == [1, 4, 5]

    results, again = tmp_path / "r.h5", tmp_path / "again.json"
    assert cli.main(["detect", str(model), str(folder), "--out", str(results)]) == 0
    arguments = [str(results), "--format", "coco", "--out", str(again)]
    assert cli.main(["export", *arguments]) == 0
    assert names(json.loads(again.read_text()))[1] == "eye"
    arguments += ["--prototypes", str(model / "prototypes.json")]
    assert cli.main(["export", *arguments]) == 0
    assert sorted(names(json.loads(again.read_text()))) == [1, 4, 5]


@pytest.mark.parametrize("text", ["", "[]", '{"names": 3}', '{"merged": {"a": "b"}}', "\0"])
def test_broken_names_are_a_sentence(
    text: str, model: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (model / "prototypes.json").write_text(text)
    arguments = ["detect", str(model), str(folder), "--out", str(tmp_path / "p.csv")]
    assert cli.main(arguments) == 0
    capsys.readouterr()
    assert "prototypes" in refused(
        [*arguments, "--prototypes", str(model / "prototypes.json")], capsys
    )


def test_frames_of_a_camera_are_detected(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for index in range(5):
        writer.write(np.full((48, 64, 3), 40 * index, np.uint8))
    writer.release()
    opened = cv2.VideoCapture
    # A file stands in for the device.
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: opened(str(clip)))
    out = tmp_path / "p.csv"
    arguments = [str(model), "camera:0", "--frames", "3", "--out", str(out)]
    assert cli.main(["detect", *arguments]) == 0
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert {row["frame"] for row in rows} <= {"0", "1", "2"}
    assert json.loads((tmp_path / "p.csv.json").read_text())["source"] == "camera:0"


def test_detect_draws_overlays(model: Path, folder: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn"
    arguments = [str(model), str(folder), "--out", str(tmp_path / "p.csv"), "--overlay", str(drawn)]
    assert cli.main(["detect", *arguments]) == 0
    assert sorted(path.name for path in drawn.iterdir()) == ["p0.png", "p1.png", "p2.png"]
    assert read_picture(drawn / "p0.png").shape[1] >= 320


def test_detect_skips_what_cannot_be_read(
    model: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.png").write_bytes(b"nothing")
    out = tmp_path / "p.json"
    assert cli.main(["detect", str(model), str(folder), "--out", str(out)]) == 0
    assert "1 pictures could not be read" in capsys.readouterr().out
    assert len(json.loads(out.read_text())["images"]) == 3


def test_a_missing_camera_is_a_sentence(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "p.json")
    assert "amera 99" in refused(["detect", str(model), "camera:99", "--out", out], capsys)
    assert "camera:0" in refused(["detect", str(model), "camera:x", "--out", out], capsys)


@pytest.mark.parametrize("kind", list(KINDS))
def test_reconstruct_writes_every_part_at_the_pictures_size(
    kind: str, folder: Path, tmp_path: Path
) -> None:
    model = write_model(tmp_path / kind, KINDS[kind])
    image = folder / "deeper" / "p1.png"
    out = tmp_path / "out"
    assert cli.main(["reconstruct", str(model), str(image), "--out", str(out)]) == 0
    here = out / "p1"
    points = json.loads((here / "keypoints.json").read_text())
    assert read_picture(here / "composite.png").shape == (30, 41, 3)
    mask = read_picture(here / "mask.png")[..., 0]
    assert mask.shape == (30, 41)
    assert mask.max() <= len(points["keypoints"])
    layers = sorted(path.name for path in (here / "layers").iterdir())
    expected = [
        f"{p['index']:02d}_prototype_{p['prototype']:02d}_{part}.png"
        for p in points["keypoints"]
        for part in ("alpha", "rgb")
    ]
    assert layers == (expected if points["has_layers"] else [])
    assert points["has_layers"] == (kind != "sum")
    for name in layers:
        assert read_picture(here / "layers" / name).shape == (30, 41, 3)
    if layers:
        alpha = np.stack([read_picture(here / "layers" / n)[..., 0] for n in layers[::2]])
        clear = np.sort(alpha, axis=0)[-1].astype(int) - np.sort(alpha, axis=0)[-2] > 3
        numbered = (mask > 0) & clear
        assert (mask[numbered] == alpha.argmax(axis=0)[numbered] + 1).all()


def test_reconstruct_takes_folders_and_equal_names(
    model: Path, folder: Path, tmp_path: Path
) -> None:
    write_picture(tmp_path / "p0.jpg", picture())
    out = tmp_path / "out"
    images = [str(folder), str(tmp_path / "p0.jpg")]
    assert cli.main(["reconstruct", str(model), *images, "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "names.csv",
        "p0",
        "p0_2",
        "p1",
        "p2",
    ]


def test_reconstruct_leaves_out_what_cannot_be_read(
    model: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = folder / "bad.png"
    bad.write_bytes(b"nothing")
    assert cli.main(["reconstruct", str(model), str(folder), "--out", str(tmp_path / "o")]) == 0
    assert "3 pictures rebuilt" in capsys.readouterr().out
    alone = ["reconstruct", str(model), str(bad), "--out", str(tmp_path / "p")]
    assert "bad.png" in refused(alone, capsys)


def test_embed_writes_table_and_plot(model: Path, folder: Path, tmp_path: Path) -> None:
    table, plot = tmp_path / "map.csv", tmp_path / "map.png"
    arguments = [str(model), str(folder), "--out", str(table), "--plot", str(plot)]
    assert cli.main(["embed", *arguments, "--method", "pca"]) == 0
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["kind"] for row in rows].count("prototype") == 6
    assert rows[0]["image"] == "deeper/p0.png"
    assert read_picture(plot).shape == (1000, 1000, 3)
    parquet = tmp_path / "map.parquet"
    assert cli.main(["embed", str(model), str(folder), "--out", str(parquet)]) == 0
    assert parquet.stat().st_size > 0


@pytest.mark.slow
def test_evaluate_prints_and_writes_a_report(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.json"
    arguments = ["--data=sample:tetrominoes?count=12", "--protocol=multi-object", f"--out={out}"]
    assert cli.main(["evaluate", str(model), *arguments, "--device=cpu"]) == 0
    report = json.loads(out.read_text())
    assert report["protocol"] == "multi-object"
    assert "metric" in capsys.readouterr().out


def test_sample_data_is_coco(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "data"
    arguments = ["tetrominoes", "--count", "4", "--seed", "5", "--out", str(out)]
    assert cli.main(["sample-data", *arguments]) == 0
    content = json.loads((out / "annotations.json").read_text())
    assert len(content["images"]) == 4
    assert len(list((out / "masks").iterdir())) == 4
    capsys.readouterr()
    assert cli.main(["info", str(out), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["num_pictures"] == 4
    assert facts["has_ground_truth"]


def test_info_of_models_and_pictures(
    model: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["info", str(model)]) == 0
    assert "fingerprint" in capsys.readouterr().out
    assert cli.main(["info", str(folder), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["kind"], facts["num_pictures"]) == ("folder", 3)


def test_presets_and_devices(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["presets", "--json"]) == 0
    assert "quick-tetrominoes" in json.loads(capsys.readouterr().out)
    assert cli.main(["presets", "quick-tetrominoes"]) == 0
    shown = TrainConfig.model_validate_json(capsys.readouterr().out)
    assert shown == load_preset("quick-tetrominoes")
    assert cli.main(["devices", "--json"]) == 0
    assert any(device["available"] for device in json.loads(capsys.readouterr().out))
    assert cli.main(["devices"]) == 0


def test_settings_lists_every_leaf_of_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    def leaves(tree: dict[str, object], prefix: str = "") -> set[str]:
        found = set()
        for key, value in tree.items():
            name = f"{prefix}{key}"
            found |= leaves(value, f"{name}.") if isinstance(value, dict) else {name}
        return found

    assert cli.main(["settings", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    names = {item["name"] for item in listed}
    assert names == leaves(TrainConfig().model_dump(mode="json")) - {"config_schema"}
    assert all(item["description"] for item in listed)
    steps = next(item for item in listed if item["name"] == "optim.steps")
    assert (steps["unit"], steps["limits"]) == ("steps", "1 to 1e+08")
    assert cli.main(["settings", "losses", "--preset", "quick-digits"]) == 0
    assert "losses.kmeans_weight" in capsys.readouterr().out


def test_the_bar_redraws_itself_on_a_terminal() -> None:
    class Screen:
        encoding = "ascii"

        def __init__(self) -> None:
            self.text = ""

        def isatty(self) -> bool:
            return True

        def write(self, text: str) -> int:
            text.encode("ascii")
            self.text += text
            return len(text)

        def flush(self) -> None:
            """Nothing is kept back."""

    screen = Screen()
    terminal = Terminal(screen)  # type: ignore[arg-type]
    terminal.progress(1, 4, "step 1", 61.0)
    assert "1:01 left" in screen.text
    assert "25%" in screen.text
    terminal.progress(4, 4, "step 4", 0.0)
    terminal.clear()
    assert screen.text.endswith("\x1b[K")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (61.4, "1:01"), (3723, "1:02:03"), (None, "–")]
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.skipif(os.name != "posix", reason="pipes close differently elsewhere")
def test_a_closed_pipe_is_no_error() -> None:
    python = shlex.quote(sys.executable)
    command = f"{python} -m tusk_core settings | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == ""
