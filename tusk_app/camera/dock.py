"""Cameras by name, and what stands in for one: start, stop, freeze, record, and read-outs."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.camera.controller import CameraController, CameraState, CameraStats
from tusk_app.camera.devices import PATTERN, SIZES, CameraChoice
from tusk_app.camera.recorder import FORMATS, RecordingPlan, RecordingResult
from tusk_app.camera.widgets.readings import UNKNOWN, Readings
from tusk_app.panel import Panel
from tusk_app.parts import icons, tones
from tusk_app.parts.panel_layout import scrolled
from tusk_app.pictures.controller import SourceController

if TYPE_CHECKING:
    from tusk_app.workbench import Workbench

# Network sizes offered; None is the size the model was trained with.
NETWORK_SIZES = (None, (96, 72), (160, 120), (240, 180), (320, 240), (480, 360))
_STATES = {
    CameraState.OFF: "Off",
    CameraState.STARTING: "Starting…",
    CameraState.ON: "On",
    CameraState.LOST: "No picture",
    CameraState.STOPPING: "Stopping…",
}
_READINGS = (
    ("camera_fps", "Camera", "{:.0f} fps", "Frames the camera delivers"),
    ("shown_fps", "Shown", "{:.0f} fps", "Frames on the screen, with what was found in them"),
    ("latency_ms", "Delay", "{:.0f} ms", "From the camera to the screen"),
    ("network_ms", "Network", "{:.0f} ms", "Time of the network for one frame"),
    ("dropped", "Dropped", "{:,.0f}", "Frames replaced by a newer one before they were shown"),
)


class CameraDock(Panel):
    """Bound to the camera controller."""

    name = "camera"
    title = "Camera"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._camera = workbench.part(CameraController)
        self._file: CameraChoice | None = None
        self._was_refreshed = False
        self._readings = Readings([(title, tip) for _, title, _, tip in _READINGS], self)
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(10)
        column.addLayout(self._make_source())
        column.addLayout(self._make_buttons())
        column.addWidget(self._readings)
        column.addLayout(self._make_settings())
        column.addStretch(1)
        self.setWidget(scrolled(content, self))
        self._clock = QTimer(self)
        self._clock.setInterval(500)
        self._clock.timeout.connect(self._show_recording)
        self._add_actions()
        self._connect()
        self._show_cameras()
        self._show_stats(CameraStats())
        self.follow_theme()

    # Parts

    def _make_source(self) -> QVBoxLayout:
        row = QHBoxLayout()
        self._source = _narrow(self)
        self._source.setAccessibleName("Camera")
        self._source.activated.connect(self._choose)
        self._refresh = QToolButton(self)
        self._refresh.setToolTip("Look for cameras again")
        self._refresh.setAccessibleName("Look for cameras again")
        self._refresh.clicked.connect(self._look)
        row.addWidget(self._source, 1)
        row.addWidget(self._refresh)
        self._hint = QLabel(self)
        self._hint.setWordWrap(True)
        self._hint.setProperty("role", "muted")
        column = QVBoxLayout()
        column.addLayout(row)
        column.addWidget(self._hint)
        return column

    def _make_buttons(self) -> QGridLayout:
        self._start = QPushButton("Start", self)
        self._start.setProperty("primary", True)
        self._start.clicked.connect(self._toggle)
        self._freeze = QPushButton("Freeze", self)
        self._freeze.setToolTip("Stop, and open the frame shown as a picture to examine closely")
        self._freeze.clicked.connect(self._camera.freeze)
        self._record = QPushButton("Record…", self)
        self._record.setToolTip("Save what the canvas shows as a video")
        self._record.clicked.connect(self._toggle_recording)
        self._state = QLabel(self)
        grid = QGridLayout()
        grid.addWidget(self._start, 0, 0)
        grid.addWidget(self._state, 0, 1)
        grid.addWidget(self._freeze, 1, 0)
        grid.addWidget(self._record, 1, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _make_settings(self) -> QFormLayout:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._size = _narrow(self)
        self._size.setAccessibleName("Resolution")
        for width, height in SIZES:
            self._size.addItem(f"{width} × {height}", (width, height))
        self._size.setCurrentIndex(SIZES.index((640, 480)))
        self._size.setToolTip("The camera may give the nearest size it has")
        self._size.activated.connect(self._restart)
        self._network = _narrow(self)
        self._network.setAccessibleName("Network size")
        self._network.setToolTip("Smaller is faster; larger finds smaller things")
        for size in NETWORK_SIZES:
            text = "As in training" if size is None else f"{size[0]} × {size[1]}"
            self._network.addItem(text, size)
        self._network.activated.connect(
            lambda i: self._camera.set_network_size(self._network.itemData(i))
        )
        self._mirror = QCheckBox("Mirror", self)
        self._mirror.setToolTip("Flip left and right, as people expect of themselves")
        self._mirror.toggled.connect(self._camera.set_mirrored)
        self._turn = _narrow(self)
        self._turn.setAccessibleName("Rotate")
        for turns, text in enumerate(("Not", "90° right", "180°", "90° left")):
            self._turn.addItem(text, turns)
        self._turn.activated.connect(self._camera.set_quarter_turns)
        self._format = _narrow(self)
        self._format.setAccessibleName("Format of recordings")
        for name in FORMATS:
            self._format.addItem(name)
        form.addRow("Resolution", self._size)
        form.addRow("Network size", self._network)
        form.addRow("Rotate", self._turn)
        form.addRow("", self._mirror)
        form.addRow("Recordings", self._format)
        return form

    def _add_actions(self) -> None:
        self._bench.actions.add(
            "file.open-camera", "Open &camera", self._open, menu="File",
            shortcut="Ctrl+Shift+C", icon="camera", tip="Show the camera panel and start",
        )  # fmt: skip
        self._bench.actions.add(
            "go.freeze", "Free&ze the camera", self._camera.freeze, menu="Go", group="camera",
            tip="Stop the camera and examine its last frame",
        ).setEnabled(False)  # fmt: skip

    def _connect(self) -> None:
        camera = self._camera
        camera.cameras_changed.connect(self._show_cameras)
        camera.state_changed.connect(self._show_state)
        camera.stats_changed.connect(self._show_stats)
        camera.recorder.recording_changed.connect(self._show_recording)
        camera.recorder.done.connect(self._tell_recording)
        camera.recorder.failed.connect(
            lambda text: self._bench.notices.error("The recording was not saved.", text)
        )
        self.visibilityChanged.connect(self._look_once)

    # Choosing

    @Slot(bool)
    def _look_once(self, visible: bool) -> None:
        """Cameras are looked for when the panel is first seen, not when the program starts."""
        if visible and not self._was_refreshed:
            self._look()

    @Slot()
    def _look(self) -> None:
        self._was_refreshed = True
        self._hint.setText("Looking for cameras…")
        self._hint.show()
        self._camera.refresh()

    @Slot()
    def _show_cameras(self) -> None:
        wanted = self._bench.settings.value("camera/identity", "")
        self._source.clear()
        for choice in self._camera.cameras:
            self._source.addItem(choice.name, choice)
        self._source.addItem(PATTERN.name, PATTERN)
        if self._file is not None:
            self._source.addItem(self._file.name, self._file)
        self._source.addItem("Video file…", None)
        places = [
            i
            for i in range(self._source.count() - 1)
            if self._source.itemData(i).identity == wanted
        ]
        self._source.setCurrentIndex(places[0] if places else 0)
        self._paint_icons()
        stands_in = self._file is not None and self._source.currentData() is self._file
        if self._camera.cameras or not self._was_refreshed or stands_in:
            self._hint.hide()
        elif not self._camera.is_looking:
            self._hint.setText(
                "No camera was found. Plug one in, allow this program to use it in the system's "
                "privacy settings, and look again. The test pattern needs none."
            )
            self._hint.show()

    @Slot(int)
    def _choose(self, place: int) -> None:
        choice = self._source.itemData(place)
        if choice is None:
            self._ask_file()
            return
        self._bench.settings.set_value("camera/identity", choice.identity)
        self._restart()

    def _ask_file(self) -> None:
        settings = self._bench.settings
        chosen, _ = QFileDialog.getOpenFileName(
            self,
            "Play a video as a camera",
            str(settings.last_folder),
            "Videos (*.mp4 *.avi *.mov *.mkv *.webm *.m4v);;All files (*)",
        )
        if chosen:
            settings.last_folder = Path(chosen).parent
            self.use_file(Path(chosen))
        else:
            self._show_cameras()

    def use_file(self, path: Path) -> None:
        """Offer and choose a video file as the camera."""
        self._file = CameraChoice("file", path.name, str(path), identity=f"file:{path}")
        self._bench.settings.set_value("camera/identity", self._file.identity)
        self._show_cameras()
        self._restart()

    @Slot()
    def _restart(self, _place: int = 0) -> None:
        if self._camera.is_on:
            self._camera.start(self.choice())

    def choice(self) -> CameraChoice:
        """Return what is chosen, with resolution and mirror."""
        chosen = self._source.currentData() or PATTERN
        return replace(
            chosen,
            size=self._size.currentData(),
            mirrored=self._mirror.isChecked(),
            quarter_turns=self._turn.currentIndex(),
        )

    # Running

    @Slot()
    def _open(self) -> None:
        self.show()
        self.raise_()
        if not self._camera.is_on:
            self._camera.start(self.choice())

    @Slot()
    def _toggle(self) -> None:
        if self._camera.is_on:
            self._camera.stop()
        else:
            self._camera.start(self.choice())

    @Slot(object)
    def _show_state(self, state: CameraState) -> None:
        is_on = self._camera.is_on
        self._start.setText("Stop" if is_on else "Start")
        self._start.setEnabled(state is not CameraState.STOPPING)
        self._freeze.setEnabled(state in (CameraState.ON, CameraState.LOST))
        self._record.setEnabled(is_on or self._camera.recorder.is_recording)
        self._bench.actions.get("go.freeze").setEnabled(self._freeze.isEnabled())
        tone = {CameraState.ON: "danger", CameraState.LOST: "warning"}.get(state, "muted")
        colour = tones.tone(self.palette(), tone).name()  # type: ignore[arg-type]
        dot = "●" if state is CameraState.ON else "○"
        self._state.setText(f"<span style='color:{colour}'>{dot}</span> {_STATES[state]}")
        if state is CameraState.OFF:
            self._show_stats(CameraStats())

    @Slot(object)
    def _show_stats(self, stats: CameraStats) -> None:
        texts = {}
        for name, title, text, _tip in _READINGS:
            value = float(getattr(stats, name))
            known = math.isfinite(value) and (value > 0 or self._camera.is_on)
            texts[title] = text.format(value) if known else UNKNOWN
        self._readings.set_texts(texts)

    # Recording

    @Slot()
    def _toggle_recording(self) -> None:
        recorder = self._camera.recorder
        if recorder.is_recording:
            recorder.stop()
            return
        suffix, codec = FORMATS[self._format.currentText()]
        name = f"tusk_{datetime.now().astimezone():%Y-%m-%d_%H%M%S}{suffix}"
        settings = self._bench.settings
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Record a video", str(settings.last_folder / name), f"Video (*{suffix})"
        )
        if chosen:
            path = Path(chosen)
            settings.last_folder = path.parent
            self.record_to(path if path.suffix else path.with_suffix(suffix), codec)

    def record_to(self, path: Path, codec: str) -> None:
        """Begin a recording."""
        if not self._camera.recorder.start(RecordingPlan(path, codec)):
            self._bench.notices.toast("The last recording is still being written.", "warning")

    @Slot()
    def _show_recording(self, _value: object = None) -> None:
        recorder = self._camera.recorder
        if recorder.is_recording:
            seconds = int(recorder.seconds)
            self._record.setText(f"■ Stop {seconds // 60}:{seconds % 60:02d}")
            if not self._clock.isActive():
                self._clock.start()
        else:
            self._clock.stop()
            self._record.setText("Record…")
            self._record.setEnabled(self._camera.is_on)

    @Slot(object)
    def _tell_recording(self, result: RecordingResult) -> None:
        text = (
            f"Recorded {result.seconds:.1f} s ({result.num_frames} frames) as {result.path.name}."
        )
        if result.num_dropped:
            text += f" {result.num_dropped} frames were left out because the disk was too slow."
        open_it = self._bench.part(SourceController).open_paths
        path = str(result.path)
        self._bench.notices.toast(text, "success", "Open", lambda: open_it([path]))

    def restyle(self) -> None:
        """Take the colours of the theme."""
        self._paint_icons()
        self._show_state(self._camera.state)

    def _paint_icons(self) -> None:
        colour = tones.tone(self.palette(), "text")
        self._refresh.setIcon(icons.icon("refresh", colour))
        drawings = {"camera": "camera", "pattern": "sample", "file": "video"}
        for place in range(self._source.count()):
            choice = self._source.itemData(place)
            name = "video" if choice is None else drawings[choice.kind]
            self._source.setItemIcon(place, icons.icon(name, colour))


def _narrow(parent: QWidget) -> QComboBox:
    """Return a box that long entries do not make wider than the panel."""
    box = QComboBox(parent)
    box.setMinimumContentsLength(8)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return box
