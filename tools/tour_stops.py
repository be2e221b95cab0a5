"""What the tour visits: one function for each stop, in the order of ``STOPS``.

Longer than other files: a script of what a person does, of which each stop is read alone.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from tour_driver import SETTLE_MS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tour_driver import Tour


def write_folder(folder: Path) -> Path:
    """Write pictures to open, one of them broken, one twice."""
    from tusk_core.api import open_source
    from tusk_core.data.pictures import write_picture

    folder.mkdir()
    source = open_source("sample:tetrominoes?count=48&seed=3")
    for index in range(len(source)):
        write_picture(folder / f"picture {index:03d}.png", source.read(index))
    source.close()
    (folder / "picture 048.png").write_bytes((folder / "picture 000.png").read_bytes())
    (folder / "the broken one.png").write_bytes(b"\x89PNG this is not one")
    return folder


def write_video(path: Path) -> Path:
    """Write a video of pieces that move."""
    import cv2
    import numpy as np

    from tusk_core.api import open_source

    source = open_source("sample:tetrominoes?count=6&seed=5")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 12, (160, 160))
    for number in range(72):
        picture = np.roll(source.read(number // 12), (number % 12) - 6, axis=1)
        large = cv2.resize(picture, (160, 160), interpolation=cv2.INTER_NEAREST)
        writer.write(np.ascontiguousarray(large[..., ::-1]))
    writer.release()
    source.close()
    return path


def visit_empty(tour: Tour) -> None:
    """Every workspace and panel before anything is open."""
    tour.spin(600)
    tour.shoot("welcome")
    for workspace in ("Data", "Train", "Explore"):
        tour.window.layouts.switch(workspace)
        tour.spin(SETTLE_MS)
        tour.shoot(f"empty_{workspace.lower()}")
    shown: set[str] = set()
    for module, dock in tour.window.docks.items():
        if module not in shown and not dock.isVisible():
            tour.window.layouts.show_dock(module)
            tour.spin(SETTLE_MS)
            tour.shoot(f"empty_{module}", dock)
            dock.hide()
    tour.window.layouts.reset()
    tour.window.layouts.switch("Data")


def visit_open_folder(tour: Tour) -> None:
    """The summary of a folder, then its pictures without a model."""
    folder = write_folder(tour.work / "pictures")
    tour.window.openers.open_data(str(folder))
    dialog = tour.dialog("open-data-dialog")
    tour.wait(lambda: dialog.can_open, 30, "the summary of the folder")
    tour.spin(500)
    tour.shoot("open_folder", dialog)
    with_signal = tour.bench.document.source
    dialog.open_wanted.emit(str(folder))
    dialog.close()
    tour.wait(lambda: tour.bench.document.source is not with_signal, 20, "the pictures")
    tour.wait(lambda: tour.bench.document.picture is not None, 20, "a picture")
    tour.spin(800)
    tour.shoot("pictures_without_model")


def visit_training(tour: Tour) -> None:
    """The dialog of training, and a run from its first step to its end."""
    tour.do("model.train")
    dialog = tour.dialog("training-dialog")
    tour.spin(1500)
    tour.shoot("train_dialog", dialog)
    dialog.close()
    tour.window.layouts.switch("Train")
    tour.bench.training.start_sample()
    tour.spin(300)
    tour.shoot("training_begins")
    monitor = tour.bench.training
    tour.wait(lambda: monitor.state.name == "RUNNING", 120, "the first step")
    for _part in range(5):
        # Checkpoints to travel through afterwards.
        tour.spin(int(tour.seconds * 200))
        if monitor.is_busy:
            tour.do("model.save-checkpoint")
    tour.shoot("training_runs")
    if monitor.is_busy:
        tour.do("model.pause")
        tour.spin(1200)
        tour.shoot("training_paused")
        tour.do("model.pause")
        tour.spin(500)
        tour.do("model.stop")
    tour.wait(lambda: not monitor.is_busy, 60, "the end of the run")
    tour.spin(800)
    tour.shoot("training_ended")


def visit_discover(tour: Tour) -> None:
    """Kinds in real pictures: found, kept, named, made by a click; then back to all of them."""
    bench, document = tour.bench, tour.bench.document
    tour.window.layouts.switch("Data")
    bench.sources.open_pictures("sample:cells")
    tour.wait(lambda: document.num_pictures == 20, 60, "the blood smears")
    tour.wait(lambda: document.picture is not None, 60, "a blood smear")
    tour.do("model.discover")
    tour.spin(1500)
    tour.shoot("discover_begins")
    tour.wait(lambda: bench.discover.is_open, 600, "the kinds")
    tour.wait(lambda: document.shown is not None, 120, "the places of the kinds")
    tour.spin(2500)
    tour.shoot("discover_kinds")
    found: Any = tour.window.docks["discover"]
    card = found.cards.cards[0]
    bench.discover.rename(card.number, "red cell")
    card.keep.click()
    tour.wait(lambda: bench.discover.can_undo, 120, "the change of kinds")
    tour.spin(1500)
    tour.shoot("discover_steered")
    bench.selection.point_at((160.0, 120.0))
    count = len(bench.discover.kinds)
    tour.do("kinds.from-here")
    tour.wait(lambda: len(bench.discover.kinds) > count, 120, "the new kind")
    tour.wait(lambda: document.shown is not None, 120, "its places")
    tour.spin(3000)
    tour.shoot("discover_kind_from_here")


def visit_flies(tour: Tour) -> None:
    """The other real sample, a video, with the kinds that were found in it."""
    document, discover = tour.bench.document, tour.bench.discover
    tour.bench.sources.open_pictures("sample:flies")
    tour.wait(
        lambda: document.source is not None and "flies" in document.source.source, 60, "flies"
    )
    tour.do("model.discover")
    tour.wait(lambda: not discover.is_busy and discover.is_open, 300, "kinds of flies")
    tour.wait(lambda: document.shown is not None, 120, "keypoints on flies")
    tour.spin(1500)
    tour.shoot("flies_discovered")


def visit_model(tour: Tour) -> None:
    """A picture with its keypoints and every layer over it."""
    tour.window.layouts.switch("Data")
    document = tour.bench.document
    tour.window.open_model(tour.model)
    tour.wait(lambda: document.model is not None, 60, "the model")
    tour.bench.sources.open_pictures("sample:tetrominoes?count=64&seed=9")
    tour.wait(lambda: document.num_pictures == 64, 20, "the sample")
    tour.wait(lambda: document.shown is not None, 30, "keypoints")
    tour.spin(800)
    tour.shoot("picture_with_keypoints")
    for command in ("view.heat-map", "view.segmentation", "view.error-map", "view.split"):
        tour.do(command)
        tour.spin(900)
        tour.shoot(command.partition(".")[2])
        tour.do(command)
    tour.do("go.next")
    tour.wait(lambda: document.shown is not None, 30, "keypoints of the next picture")
    tour.bench.selection.select_keypoint(0, "tour")
    tour.spin(700)
    tour.shoot("keypoint_selected")


def visit_explore(tour: Tour) -> None:
    """Map, gallery and every analysis of the pictures of a well-trained model."""
    tour.window.layouts.switch("Explore")
    document = tour.bench.document
    tour.do("analyze.all")
    tour.wait(lambda: document.analysis is not None, 90, "the analysis")
    tour.wait(lambda: not tour.bench.jobs.running, 60, "the jobs")
    tour.window.layouts.show_dock("gallery")
    tour.window.layouts.show_dock("embedding")
    tour.spin(2500)
    tour.shoot("explore")
    plot: Any = tour.window.docks["embedding"]
    assert document.analysis is not None
    chosen = list(range(0, len(document.analysis.labels), 5))
    plot.scatter.enclosed.emit(chosen, "replace")
    tour.spin(1500)
    tour.shoot("lasso")
    tour.window.layouts.toggle_fill(tour.window.docks["gallery"])
    tour.spin(1500)
    tour.shoot("gallery_fills_the_window")
    tour.window.layouts.toggle_fill(tour.window.docks["gallery"])
    tour.do("edit.clear")
    assert document.analysis is not None
    counts = [
        int((document.analysis.labels == i).sum()) for i in range(len(document.analysis.prototypes))
    ]
    tour.bench.selection.select_prototype(max(range(len(counts)), key=counts.__getitem__), "tour")
    tour.spin(1500)
    tour.shoot("prototype_selected")
    for module, prepare in PREPARED.items():
        tour.window.layouts.show_dock(module)
        tour.spin(1500)
        prepare(tour, tour.window.docks[module])
        tour.spin(1500)
        tour.shoot(module)
    share_a_clip(tour)


def share_a_clip(tour: Tour) -> None:
    """Show what is asked before a clip is written."""
    from tusk_app.export.clip_dialog import ClipDialog

    tour.do("file.clip")
    dialog = tour.window.findChild(ClipDialog)
    assert dialog is not None
    tour.shoot("clip", dialog)
    dialog.close()
    tour.spin(200)


def mute_a_layer(_tour: Tour, dock: Any) -> None:
    """Switch off what one keypoint draws."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    grid = dock.grid
    place = grid.switch_rect(len(grid.rows) - 1, 1).center()
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)


def compare_with_the_most_alike(tour: Tour, dock: Any) -> None:
    """Put the most similar picture beside this one."""
    tour.click(dock.alike)


def turn_and_bend(_tour: Tour, dock: Any) -> None:
    """Show how keypoints follow a picture that is turned and bent."""
    dock.turn.setValue(35)
    dock.bend.setValue(6)


def go_on(tour: Tour, _dock: Any) -> None:
    """Show the next picture."""
    tour.do("go.next")


def travel_back(tour: Tour, dock: Any) -> None:
    """Go to the middle of the run, where there is one."""
    if tour.bench.document.run_dir is None:
        return  # without the stop that trains there is no run to travel through
    tour.wait(lambda: dock.steps, 30, "the steps of the run")
    tour.spin(1500)
    dock.slider.setValue(dock.slider.maximum() // 2)


PREPARED = {
    "reconstruction": mute_a_layer,
    "correspondence": compare_with_the_most_alike,
    "equivariance": turn_and_bend,
    "raster": go_on,
    "time-machine": travel_back,
}


def visit_sample(tour: Tour) -> None:
    """What one click on Try the sample leads to."""
    document = tour.bench.document
    tour.do("file.sample")
    tour.wait(lambda: document.model is not None and document.model.name == "digits", 180, "digits")
    tour.wait(lambda: document.analysis is not None, 120, "the analysis")
    tour.wait(lambda: not tour.bench.jobs.running, 60, "the jobs")
    tour.spin(3000)
    tour.shoot("sample")


def visit_tracks(tour: Tour) -> None:
    """Individuals over time: pieces of a video that move, each on a row of its own."""
    document, bench = tour.bench.document, tour.bench
    video = write_video(tour.work / "moving.avi")
    tour.window.open_model(tour.model)
    bench.sources.open_pictures(str(video), kind="video")
    tour.wait(
        lambda: document.source is not None and document.source.source == str(video), 60, "a video"
    )
    tour.wait(lambda: document.model is not None, 60, "the model")
    tour.window.layouts.switch("Explore")
    tour.do("analyze.all")
    tour.wait(lambda: document.analysis is not None, 120, "the analysis")
    tour.wait(lambda: not bench.jobs.running, 60, "the jobs")
    tour.window.layouts.show_dock("tracks")
    tour.spin(800)
    tour.shoot("tracks_before")
    bench.tracks.follow()
    tour.wait(lambda: bench.tracks.view is not None, 60, "the tracks")
    tour.spin(1500)
    tour.shoot("tracks")
    tour.window.layouts.show_dock("embedding")


def visit_evaluation(tour: Tour) -> None:
    """The figures of the model."""
    tour.do("model.evaluate")
    tour.window.layouts.show_dock("evaluation")
    dock: Any = tour.window.docks["evaluation"]
    dock.choose_folder("sample:tetrominoes?count=200&seed=9")
    tour.click(dock.start_button)
    tour.wait(lambda: dock.report is not None, 120, "the evaluation")
    tour.spin(600)
    tour.shoot("evaluation")


def visit_video(tour: Tour) -> None:
    """A video that plays, with its trail on the map, and the same as a camera."""
    tour.window.layouts.switch("Data")
    document = tour.bench.document
    video = write_video(tour.work / "pieces.avi")
    tour.bench.sources.open_pictures(str(video), kind="video")
    tour.wait(
        lambda: document.source is not None and document.source.source == str(video), 60, "a video"
    )
    tour.do("analyze.all")
    tour.wait(lambda: document.analysis is not None, 120, "the analysis")
    tour.wait(lambda: not tour.bench.jobs.running, 60, "the jobs")
    tour.do("go.play")
    tour.spin(2500)
    tour.shoot("video_plays")
    tour.window.layouts.switch("Explore")
    tour.spin(2500)
    tour.shoot("video_plays_on_the_map")
    tour.do("go.play")
    tour.window.layouts.show_dock("camera")
    dock: Any = tour.window.docks["camera"]
    dock.use_file(video)
    tour.spin(500)
    from PySide6.QtWidgets import QPushButton

    start = next(b for b in dock.findChildren(QPushButton) if b.text() == "Start")
    tour.click(start)
    tour.spin(2500)
    tour.shoot("video_as_camera")
    tour.click(start)
    tour.spin(500)


def visit_dialogs(tour: Tour) -> None:
    """Every dialog, the palette, the guided tour and an error."""
    for command, name in (
        ("file.preferences", "preferences-dialog"),
        ("help.shortcuts", "shortcuts-dialog"),
        ("help.system-information", "system-information-dialog"),
        ("help.about", "about-dialog"),
        ("file.export", ""),
    ):
        tour.stop(command, functools.partial(visit_dialog, tour, command, name))
    tour.do("tools.command-palette")
    palette = tour.window.openers.command_palette
    assert palette is not None
    tour.spin(300)
    tour.type_text(tour.app.focusWidget() or palette, "map")
    tour.shoot("command_palette", palette)
    palette.hide()
    tour.do("help.tour")
    tour.spin(900)
    tour.shoot("help_tour")
    tour.close_dialogs()
    tour.bench.notices.error(
        "The pictures could not be read.",
        "The disk was taken away while they were read.",
        "Connect it again and open the folder once more.",
        "Traceback (most recent call last): …",
    )
    tour.spin(400)
    for widget in tour.app.topLevelWidgets():
        if widget.isVisible() and widget.objectName() == "error-dialog":
            tour.shoot("error", widget)
            widget.close()


def visit_dialog(tour: Tour, command: str, name: str) -> None:
    """Open one dialog by its command."""
    from PySide6.QtWidgets import QDialog

    before = {id(widget) for widget in tour.app.topLevelWidgets() if widget.isVisible()}
    tour.do(command)
    tour.spin(700)
    found = tour.window.openers.opened(name) if name else None
    for widget in tour.app.topLevelWidgets():
        if found is None and isinstance(widget, QDialog) and widget.isVisible():
            found = widget if id(widget) not in before else None
    if found is None:
        raise LookupError(f"{command} opened no dialog")
    tour.shoot(command.replace(".", "_"), found)
    found.close()
    tour.spin(100)


STOPS: dict[str, Callable[[Tour], None]] = {
    "empty": visit_empty,
    "sample": visit_sample,
    "open-folder": visit_open_folder,
    "training": visit_training,
    "discover": visit_discover,
    "flies": visit_flies,
    "model": visit_model,
    "explore": visit_explore,
    "evaluation": visit_evaluation,
    "tracks": visit_tracks,
    "video": visit_video,
    "dialogs": visit_dialogs,
}
