"""The keypoints of the moment on the map, with a short trail: picture, video or camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Slot

from tusk_app.map.controller import EmbeddingController
from tusk_app.map.placement import Trail
from tusk_app.parts.scatter.state import LiveTrail

if TYPE_CHECKING:
    from tusk_app.engine.frames import LiveResult
    from tusk_app.map.widgets.bar import MapBar
    from tusk_app.parts.scatter.view import ScatterView
    from tusk_app.workbench import Workbench
    from tusk_core.results import Detection


class LiveMap(QObject):
    """Places new descriptors by their nearest mapped neighbours; Freeze holds the picture.

    Where something plays it begins by itself, with everything else pale, until it is switched off.
    """

    def __init__(self, workbench: Workbench, scatter: ScatterView, bar: MapBar) -> None:
        super().__init__(scatter)
        self._bench, self._scatter, self._bar = workbench, scatter, bar
        self._trail = Trail()
        self._is_frozen = self._is_playing = False
        self._began_itself = False
        bar.live_toggled.connect(self.show_current)
        bar.live_chosen.connect(self._choose)
        bar.freeze_toggled.connect(self._freeze)
        workbench.document.detection_changed.connect(self.show_current)
        workbench.document.source_changed.connect(self._take_source)
        workbench.live.changed.connect(self._follow)
        workbench.live.result.connect(self._take_camera)

    @Slot(bool)
    def set_playing(self, playing: bool) -> None:
        """Follow a video, or let it rest; the trail stays where it ended."""
        self._is_playing = playing
        self._follow()

    @Slot()
    def show_current(self) -> None:
        """Show the keypoints of the picture on the canvas, or none if live is off."""
        if not self._bar.live_button.isChecked():
            self._trail.clear()
            self._scatter.set_live(None)
            return
        newest = self._bench.live.newest if self._bench.live.is_on else None
        detection = self._bench.document.shown if newest is None else newest.detection
        if detection is not None:
            self._place(detection)

    @property
    def _plays(self) -> bool:
        return self._is_playing or self._bench.live.is_on

    @Slot()
    def _follow(self) -> None:
        is_wanted = self._bench.settings.value("map/live", default=True)
        button = self._bar.live_button
        if self._plays and is_wanted and not button.isChecked():
            self._began_itself = True
            button.setChecked(True)
        else:
            self.show_current()

    @Slot(bool)
    def _choose(self, wanted: bool) -> None:
        """What the user wants while something plays is remembered."""
        self._began_itself = False
        if self._plays:
            self._bench.settings.set_value("map/live", wanted)

    @Slot()
    def _take_source(self) -> None:
        """Other pictures have other points; the trail that began by itself ends."""
        self._trail.clear()
        self._scatter.set_live(None)
        if self._began_itself:
            self._bar.live_button.setChecked(False)

    @Slot(object)
    def _take_camera(self, result: LiveResult) -> None:
        if self._bar.live_button.isChecked() and result.detection is not None:
            self._place(result.detection)

    @Slot(bool)
    def _freeze(self, frozen: bool) -> None:
        self._is_frozen = frozen
        self.show_current()

    def _place(self, detection: Detection) -> None:
        if self._is_frozen:
            return
        places = self._bench.part(EmbeddingController).place(detection.keypoints.descriptors)
        table = self._bench.prototypes.colours()
        if len(places) == 0 or len(table) == 0:
            self._scatter.set_live(None)
            return
        colours = table[np.clip(detection.keypoints.labels, 0, len(table) - 1)]
        self._trail.push(places, colours)
        trail = self._trail.older()
        self._scatter.set_live(LiveTrail(places, colours, *trail, dims=self._plays))
