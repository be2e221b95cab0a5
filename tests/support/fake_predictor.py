"""A predictor without a network: it finds coloured pieces by their colour, at once."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from tests.support.pictures import COLOURS
from tusk_core.arrays import sealed
from tusk_core.config import TrainConfig
from tusk_core.results import (
    Detection,
    DeviceInfo,
    Keypoints,
    ModelFileError,
    ModelInfo,
    Reconstruction,
)

NUM_PROTOTYPES, LENGTH = 8, 8


def model_info(path: Path = Path("/models/pieces"), *, num_keypoints: int = 6) -> ModelInfo:
    """Return what is known of a made-up model of eight prototypes."""
    config = TrainConfig.model_validate({"keypoints": {"num_keypoints": num_keypoints}})
    prototypes = np.eye(NUM_PROTOTYPES, LENGTH, dtype=np.float32)
    usage = np.full(NUM_PROTOTYPES, 1 / NUM_PROTOTYPES, np.float32)
    return ModelInfo(
        path, path.name, config, 100, sealed(prototypes), sealed(usage), f"hash-{path.name}",
        1234, "cpu", "It always works.",
    )  # fmt: skip


class FakePredictor:
    """Keypoints are the centres of blocks of one of the known colours, then random weak ones.

    Attributes:
        calls: every picture that was looked at, by its first pixel and K.
        network_size: the last that was asked for.
        gate: cleared, ``detect`` waits until it is set.
    """

    def __init__(self, info: ModelInfo | None = None) -> None:
        self._info = info or model_info()
        self.num_detections = 0
        self.num_reconstructions = 0
        self.asked: list[int | None] = []
        self.network_size: tuple[int, int] | None = None
        self.gate = threading.Event()
        self.gate.set()

    @property
    def info(self) -> ModelInfo:
        return self._info

    def detect(
        self, image, *, num_keypoints=None, with_heat_map=False, network_size=None, **_options
    ) -> Detection:
        self.gate.wait(10)
        self.network_size = network_size
        self.num_detections += 1
        self.asked.append(num_keypoints)
        num = num_keypoints or self._info.config.keypoints.num_keypoints
        height, width = image.shape[:2]
        xy, labels = _centres(image)
        rng = np.random.default_rng(5)
        missing = max(num - len(xy), 0)
        extra = rng.uniform((0, 0), (width - 1, height - 1), (missing, 2))
        xy = np.concatenate([xy, extra])[:num].astype(np.float32)
        labels = np.concatenate([labels, rng.integers(5, NUM_PROTOTYPES, missing)])[:num]
        labels = labels.astype(np.int32)
        scores = np.linspace(0.95, 0.95 / num, num).astype(np.float32)
        descriptors = np.eye(NUM_PROTOTYPES, LENGTH, dtype=np.float32)[labels]
        points = Keypoints(
            sealed(xy), sealed(scores), sealed(labels), sealed(descriptors),
            sealed(np.full(num, 0.9, np.float32)),
        )  # fmt: skip
        heat = sealed(image.max(axis=2).astype(np.float32) / 255) if with_heat_map else None
        return Detection((width, height), points, heat, 1.0)

    def detect_many(self, images, *, num_keypoints=None, **_options):
        return [self.detect(i, num_keypoints=num_keypoints) for i in images]

    def reconstruct(self, image, keypoints=None) -> Reconstruction:
        self.num_reconstructions += 1
        points = keypoints or self.detect(image).keypoints
        height, width = 32, 32
        small = image[:: max(image.shape[0] // 32, 1), :: max(image.shape[1] // 32, 1)][:32, :32]
        target = np.zeros((height, width, 3), np.uint8)
        target[: small.shape[0], : small.shape[1]] = small
        composite = (target * 0.8).astype(np.uint8)
        num = len(points.scores)
        mask = np.zeros((height, width), np.uint8)
        scale = np.array([width / image.shape[1], height / image.shape[0]])
        for k, (x, y) in enumerate((points.xy * scale).astype(int)):
            mask[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3] = k + 1
        alpha = np.stack([mask == k + 1 for k in range(num)]).astype(np.float32)
        return Reconstruction(
            sealed(composite), sealed(target), sealed(np.repeat(composite[None], num, 0)),
            sealed(alpha), sealed(np.zeros_like(target)), sealed(mask), 0.01,
            sealed(np.zeros(num, np.float32)),
        )  # fmt: skip

    def decode_prototypes(self, indices=None):
        chosen = range(NUM_PROTOTYPES) if indices is None else indices
        return sealed(np.stack([np.full((16, 16, 3), 20 * i + 20, np.uint8) for i in chosen]))


def _centres(image) -> tuple[np.ndarray, np.ndarray]:
    places, labels = [], []
    for label, colour in enumerate(COLOURS):
        near = np.abs(image.astype(np.int16) - np.array(colour)).max(axis=2) < 40
        if near.sum() > 4:
            rows, columns = np.nonzero(near)
            places.append((columns.mean(), rows.mean()))
            labels.append(label)
    return np.array(places, np.float64).reshape(-1, 2), np.array(labels, np.int64)


def refuse(model, *, device="auto"):
    """Stand in for ``open_predictor`` with a model that cannot be opened."""
    raise ModelFileError(f"{model} is no model: config.json is missing. Choose another folder.")


def devices() -> tuple[DeviceInfo, ...]:
    """Return the one device there is."""
    return (DeviceInfo("cpu", "CPU, 2 cores", True, "It always works."),)
