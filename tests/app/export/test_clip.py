"""Share a clip: from the menu of the real window to a file that other programs play."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QSpinBox

from tests.support import screen
from tests.support.media_bench import write_video
from tests.support.small_models import write_model
from tusk_app.camera.devices import PATTERN
from tusk_app.export.clip_dialog import ClipDialog, ClipOffer

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from pytestqt.qtbot import QtBot

    from tusk_app.app import Program
    from tusk_app.threads.jobs import Job

PATIENT = 60_000


def asked(program: Program) -> ClipDialog:
    """Ask for a clip as the menu does; returns the dialog."""
    program.workbench.actions.trigger("file.clip")
    (dialog,) = program.window.findChildren(ClipDialog)
    return dialog


def test_a_video_pictures_and_the_camera_become_clips(
    qtbot: QtBot, program: Program, picture_folder: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    bench = program.workbench
    action, document = bench.actions.get("file.clip"), bench.document
    toasts: list[str] = []
    bench.notices.toast_posted.connect(lambda toast: toasts.append(toast.text))

    def place(name: str) -> Path:
        out = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(out), ""))
        return out

    def saved(out: Path) -> None:
        qtbot.waitUntil(lambda: any(f"Saved {out.name}" in t for t in toasts), timeout=PATIENT)

    program.open_paths([str(write_video(tmp_path / "film.avi", 40))])
    qtbot.waitUntil(lambda: document.picture is not None, timeout=PATIENT)
    assert not action.isEnabled()
    with qtbot.waitSignal(bench.engine.model_opened, timeout=PATIENT):
        bench.engine.open_model(write_model(tmp_path / "model"))
    assert action.isEnabled()

    film = place("film_clip.mp4")
    dialog = asked(program)
    assert screen.says(dialog, "Original, points and what the model redraws")
    screen.named(dialog, "Length of the clip", QSpinBox).setValue(1)
    screen.press(dialog, "Save clip")
    saved(film)
    capture = cv2.VideoCapture(str(film))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == round(document.source.fps)
    capture.release()

    program.open_paths([str(picture_folder)])
    qtbot.waitUntil(lambda: document.num_pictures == 7, timeout=PATIENT)
    turned = place("turned")  # without an ending: the chosen kind decides
    dialog = asked(program)
    kinds = screen.box(dialog, "Kind of file")
    kinds.setCurrentIndex(kinds.findData(".gif"))
    screen.press(dialog, "Save clip")
    saved(turned.with_suffix(".gif"))
    assert "1 pictures could not be read" in toasts[-1]
    with Image.open(turned.with_suffix(".gif")) as animation:
        assert animation.n_frames == 6

    bench.camera.start(PATTERN)
    qtbot.waitUntil(lambda: bench.live.newest is not None, timeout=PATIENT)
    camera = place("camera.webp")
    dialog = asked(program)
    screen.named(dialog, "Length of the clip", QSpinBox).setValue(1)
    kinds = screen.box(dialog, "Kind of file")
    kinds.setCurrentIndex(kinds.findData(".webp"))
    screen.press(dialog, "Save clip")
    saved(camera)
    bench.camera.stop()
    with Image.open(camera) as animation:
        assert animation.n_frames > 1

    gone: list[Job] = []
    bench.jobs.job_cancelled.connect(gone.append)
    place("never.gif")
    qtbot.waitUntil(lambda: not bench.live.is_on, timeout=PATIENT)
    screen.press(asked(program), "Save clip")
    bench.jobs.running[-1].cancel()
    qtbot.waitUntil(lambda: bool(gone), timeout=PATIENT)
    assert not (tmp_path / "never.gif").exists()


def test_the_dialog_offers_what_fits(qtbot: QtBot) -> None:
    def dialog(offer: ClipOffer) -> ClipDialog:
        made = ClipDialog(offer)
        qtbot.addWidget(made)
        made.show()
        return made

    mute = dialog(ClipOffer("cells", 20, 0.0, 3, redraws=False))
    assert screen.says(mute, "not taught to redraw")
    assert mute.choice.count == 12
    mute.kind.setCurrentIndex(mute.kind.findData(".png"))
    assert mute.choice.count == 4  # rows below each other
    mute.what.setCurrentIndex(1)
    assert (mute.choice.first, mute.choice.builds_up) == (3, True)
    assert not mute.length.isVisible()
    late = dialog(ClipOffer("film", 300, 30.0, 285, redraws=True))
    assert (late.choice.first, late.choice.seconds) == (285, 1)
    late.what.setCurrentIndex(1)
    assert (late.choice.first, late.choice.seconds) == (0, 10)
    single = dialog(ClipOffer("one.png", 1, 0.0, 0, redraws=True))
    assert single.choice.builds_up
