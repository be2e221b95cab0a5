"""A workbench of real parts around made-up pictures and a made-up model."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow

from tests.support import explore_values as values
from tusk_app.app import compose
from tusk_app.outside import Outside
from tusk_core.config import TrainConfig
from tusk_core.results import Detection, DeviceInfo, Keypoints, ModelInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tusk_app.settings import Settings
    from tusk_app.shell.workshop import Workshop
    from tusk_core.results import Analysis, Reconstruction

FINGERPRINT = "f1e2d3"


class ShapesPredictor:
    """Finds the coloured shapes of ``ShapesSource`` without a network."""

    def __init__(self, *, layered: bool = True, num_prototypes: int = 12) -> None:
        self.layered = layered
        self.table = values.prototypes(num_prototypes)
        self.reconstructions = 0
        config = TrainConfig()
        decoder = {"kind": "patch", "blend": "alpha"}
        if not layered:
            decoder = {"kind": "unet", "blend": "sum", "background": "none"}
        self.info = ModelInfo(
            path=Path("made-model"),
            name="made model",
            config=replace_config(config, decoder),
            step=2000,
            prototypes=self.table,
            usage=np.full(num_prototypes, 1 / num_prototypes, np.float32),
            fingerprint=FINGERPRINT,
            num_parameters=123_456,
            device="cpu",
            device_reason="Made up for a test.",
        )

    def detect(self, image: NDArray[np.uint8], **_options: object) -> Detection:
        """One keypoint for each shape; the colour picks the prototype."""
        grey = (image.max(axis=2) > 20).astype(np.uint8)
        count, labels, stats, centres = cv2.connectedComponentsWithStats(grey)
        found = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] > 20]
        xy = centres[found].astype(np.float32).reshape(-1, 2)
        kinds = [int(image[labels == i].astype(int).sum() // 997 % 6) for i in found]
        marks = np.array(kinds, np.int32)
        points = Keypoints(
            xy=xy,
            scores=np.linspace(0.95, 0.7, len(found)).astype(np.float32),
            labels=marks,
            descriptors=self.table[marks].reshape(-1, self.table.shape[1]),
            confidences=np.full(len(found), 0.9, np.float32),
        )
        height, width = image.shape[:2]
        return Detection((width, height), points, None, 5.0)

    def detect_many(
        self, images: Sequence[NDArray[np.uint8]], **options: object
    ) -> list[Detection]:
        return [self.detect(image, **options) for image in images]

    def reconstruct(
        self, image: NDArray[np.uint8], keypoints: Keypoints | None = None
    ) -> Reconstruction:
        self.reconstructions += 1
        points = self.detect(image).keypoints if keypoints is None else keypoints
        return values.reconstruct(image, points, layered=self.layered)

    def decode_prototypes(self, indices: Sequence[int] | None = None) -> NDArray[np.uint8]:
        chosen = range(len(self.table)) if indices is None else indices
        return np.stack([_look(i) for i in chosen])


def replace_config(config: TrainConfig, decoder: dict[str, object]) -> TrainConfig:
    """Return ``config`` with another decoder and an 80 px input."""
    return config.model_copy(update={"decoder": config.decoder.model_copy(update=decoder)})


def _look(index: int) -> NDArray[np.uint8]:
    picture = np.zeros((values.SIDE, values.SIDE, 3), np.uint8)
    area = picture[28:52, 28:52]
    hue = (np.array([[[index * 29 % 180, 170, 230]]])).astype(np.uint8)
    area[values.shape_mask(index % 6) > 0] = cv2.cvtColor(hue, cv2.COLOR_HSV2RGB)[0, 0]
    return cv2.GaussianBlur(picture, (5, 5), 0)


def make_bench(
    settings: Settings,
    source: values.ShapesSource | None = None,
    *,
    layered: bool = True,
    others: dict[str, ShapesPredictor] | None = None,
) -> tuple[Workshop, ShapesPredictor, values.ShapesSource]:
    """Return a workbench whose engine is made up, its predictor and its pictures.

    Args:
        settings: of the program.
        source: the pictures.
        layered: the model draws layers.
        others: further models by name; every other name opens the predictor that is returned.
    """
    source = values.ShapesSource() if source is None else source
    predictor = ShapesPredictor(layered=layered)
    bench = compose(settings, shapes_outside(predictor, others))
    use_pictures(bench, source)
    return bench, predictor, source


def shapes_outside(
    predictor: ShapesPredictor, others: dict[str, ShapesPredictor] | None = None
) -> Outside:
    """Return an engine that opens ``predictor``, or one of ``others`` by its name."""
    device = DeviceInfo("cpu", "made up", True, "a test")
    shelf = {} if others is None else others
    return Outside(
        open_predictor=lambda name, **_k: shelf.get(str(name), predictor),
        list_devices=lambda: (device,),
    )


def use_pictures(bench: Workshop, source: values.ShapesSource) -> None:
    """Let what reads pictures by name find these."""
    bench.patches.opener = lambda _name, _shown_as: replace(source)
    bench.side_reader.opener = lambda _name, _shown_as: replace(source)


def open_everything(bench: Workshop, source: values.ShapesSource, qtbot) -> None:
    """Open pictures and model, analyse, and wait until all of it is there."""
    bench.document.set_source(source)
    with qtbot.waitSignal(bench.engine.model_opened, timeout=20_000):
        bench.engine.open_model("made-model")
    info = bench.document.model
    bench.prototypes.reset(len(info.prototypes), None)
    qtbot.waitUntil(lambda: bench.document.detection is not None, timeout=20_000)
    bench.document.set_analysis(values.analysis_of(source, fingerprint=FINGERPRINT))


@contextlib.contextmanager
def shown_dock(
    qtbot, settings: Settings, dock_class, source: values.ShapesSource, size=(900, 520)
) -> Iterator[tuple[Any, Workshop, ShapesPredictor, values.ShapesSource]]:
    """Show one dock in a window of its own, with pictures, model and analysis open."""
    bench, predictor, source = make_bench(settings, source)
    window = QMainWindow()
    qtbot.addWidget(window)
    dock = dock_class(bench, window)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    window.resize(*size)
    with qtbot.waitExposed(window):
        window.show()
    open_everything(bench, source, qtbot)
    yield dock, bench, predictor, source
    window.close()
    close(bench)


def close(bench: Workshop) -> None:
    """End all threads and processes."""
    assert bench.shut_down() == []


def found_by(predictor: ShapesPredictor, source: values.ShapesSource) -> Analysis:
    """Return what the predictor finds in each picture, as an analysis of the whole source."""
    found = [predictor.detect(source.read(i)).keypoints for i in range(len(source))]
    picture = np.repeat(np.arange(len(source)), [len(k.scores) for k in found])
    made = values.made_analysis(
        picture,
        np.concatenate([k.xy for k in found]),
        np.concatenate([k.labels for k in found]),
        predictor.table,
        source,
        FINGERPRINT,
    )
    return replace(made, scores=np.concatenate([k.scores for k in found]))
