"""An opened model behind the door's ``Predictor``: numpy pictures in, frozen results out.

Positions cross the door in pixels of the original picture and are computed in pixels of the
network's input; ``data.fitting`` holds the one mapping between them, with pixel centres at whole
numbers on both sides.

Shapes: B pictures, K keypoints, C descriptor length, M prototypes, h x w network input.
"""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.arrays import frozen, to_pictures
from tusk_core.data.fitting import ReducedPicture, checked_picture, place
from tusk_core.inference.batches import batch_size
from tusk_core.inference.drawing_again import decode_any, draw_prototypes
from tusk_core.inference.laid import Laid, as_batch, lay, lies_in, on_canvas
from tusk_core.inference.leave_one_out import leave_one_out_errors
from tusk_core.inference.lifting import heat_map_of
from tusk_core.inference.model_paths import find_model
from tusk_core.inference.rebuilding import as_reconstruction
from tusk_core.inference.tiles import check_one_tile, detect_in_tiles, make_tiling
from tusk_core.nn.device import choose_device, limit_threads
from tusk_core.nn.distributed import own_device
from tusk_core.nn.steering import load_steered
from tusk_core.results import Detection, Keypoints, ModelInfo, Reconstruction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.data.fitting import Fit, Placement
    from tusk_core.inference.tiles import Tiling
    from tusk_core.nn.decoder import Decoded
    from tusk_core.nn.keypoint_set import KeypointSet
    from tusk_core.nn.model import Encoded, TuskModel
    from tusk_core.nn.model_files import ModelMeta
    from tusk_core.results import DeviceInfo


def load_predictor(model: str | Path, *, device: str = "auto", threads: int = 0) -> TorchPredictor:
    """Open a model folder, a run folder (its best checkpoint) or a bundled model by name.

    Args:
        model: as typed.
        device: as in the settings.
        threads: CPU threads to compute with; 0 leaves a core to the window.

    Raises:
        ModelFileError: if it is missing, broken, foreign or from a newer version.
        TuskError: if the device cannot be used.
    """
    folder = find_model(model)
    chosen = choose_device(own_device(device))
    limit_threads(threads)
    network, meta = load_steered(folder, chosen.name)
    return TorchPredictor(network, folder, meta, chosen)


class TorchPredictor:
    """A model ready to use; see ``tusk_core.api.Predictor`` for the public methods.

    Any thread may use it, several at once where it computes on a CPU; two predictors are
    independent. Nothing here is random and no global state is changed.

    Args:
        model: in evaluation mode, on its device.
        folder: it came from.
        meta: what its folder says.
        device: where it is.
    """

    def __init__(self, model: TuskModel, folder: Path, meta: ModelMeta, device: DeviceInfo) -> None:
        self._model: TuskModel = model.to(device=device.name, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._device = torch.device(device.name)
        with torch.inference_mode():
            prototypes = model.prototypes.unit().float().cpu().numpy()
        self._info = ModelInfo(
            path=folder,
            name=meta.name,
            config=meta.config,
            step=meta.step,
            prototypes=frozen(prototypes),
            usage=frozen(np.asarray(meta.usage, np.float32)),
            fingerprint=meta.fingerprint,
            num_parameters=sum(p.numel() for p in model.parameters()),
            device=device.name,
            device_reason=device.reason,
        )

    @property
    def info(self) -> ModelInfo:
        """What is known about the model."""
        return self._info

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self._device

    @property
    def model(self) -> TuskModel:
        """The network itself, for exports and measurements inside the engine."""
        return self._model

    def placement(
        self,
        size: tuple[int, int],
        network_size: tuple[int, int] | None = None,
        *,
        fit: Fit | None = None,
    ) -> Placement:
        """Return how a picture of ``size`` (width, height) is laid into the network's input."""
        data = self._info.config.data
        return place(size, network_size or (data.width, data.height), fit or data.fit)

    def tiling(self, tiles: int | None = None) -> Tiling | None:
        """Return how large pictures are searched; None where every picture is seen whole.

        Args:
            tiles: longer side of a tile [px of the picture]; None takes the model's own, 0 none.
        """
        data, keypoints = self._info.config.data, self._info.config.keypoints
        side = data.crops if tiles is None else tiles
        if not side:
            return None
        canvas = (data.width, data.height)
        return make_tiling(
            side,
            canvas,
            # Within it, one pass of the network gives one keypoint as well.
            reach=float(max(2, keypoints.nms_window // 2) * self._model.stride),
            # One map has one peak at a place; kinds with maps of their own may lie together.
            within_kind=self._info.config.encoder.has_backbone and not keypoints.joined_blur,
            batch=batch_size(canvas),
        )

    def detect(
        self,
        image: NDArray[np.uint8],
        *,
        num_keypoints: int | None = None,
        min_score: float = 0.0,
        with_heat_map: bool = False,
        network_size: tuple[int, int] | None = None,
        tiles: int | None = None,
    ) -> Detection:
        """Find keypoints in one picture; see ``Predictor.detect``."""
        how = self.tiling(0 if network_size else tiles)
        if how is not None and how.applies_to((image.shape[1], image.shape[0])):
            way = functools.partial(
                self._detect_stretched, num_keypoints, min_score, with_heat_map=with_heat_map
            )
            return detect_in_tiles(checked_picture(image), how, way)
        return self._detect(
            [image],
            num_keypoints,
            min_score,
            with_heat_map=with_heat_map,
            network_size=network_size,
        )[0]

    def _detect_stretched(
        self,
        num_keypoints: int | None,
        min_score: float,
        images: Sequence[NDArray[np.uint8]],
        canvas: tuple[int, int],
        *,
        with_heat_map: bool,
    ) -> list[Detection]:
        return self._detect(
            images,
            num_keypoints,
            min_score,
            with_heat_map=with_heat_map,
            network_size=canvas,
            fit="stretch",
        )

    def detect_many(
        self,
        images: Sequence[NDArray[np.uint8] | Laid],
        *,
        num_keypoints: int | None = None,
        min_score: float = 0.0,
        tiles: int | None = None,
    ) -> list[Detection]:
        """Like ``detect`` for several pictures, of any sizes; whole ones in one pass.

        Some may come from ``laid``.
        """
        apart: dict[int, Detection] = {}
        whole: list[NDArray[np.uint8] | Laid] = []
        for row, image in enumerate(images):
            if isinstance(image, Laid) or self.way(_size_of(image), tiles) is not None:
                whole.append(image)
            else:
                apart[row] = self.detect(
                    image, num_keypoints=num_keypoints, min_score=min_score, tiles=tiles
                )
        rest = iter(self._detect(whole, num_keypoints, min_score) if whole else [])
        return [apart[row] if row in apart else next(rest) for row in range(len(images))]

    def way(self, size: tuple[int, int], tiles: int | None = None) -> Placement | None:
        """Return how ``laid`` lays a picture of that size; None where it is searched in tiles."""
        how = self.tiling(tiles)
        return None if how is not None and how.applies_to(size) else self.placement(size)

    def laid(self, picture: ReducedPicture, tiles: int | None = None) -> NDArray[np.uint8] | Laid:
        """Return a picture as ``detect_many`` takes it soonest; may be called in any thread.

        One that is searched in tiles stays what it is.
        """
        placement = self.way(picture.size, tiles)
        if placement is None:
            return picture.pixels
        return lay(picture, placement, self._info.config.data.channels)

    def detect_with_errors(
        self,
        images: Sequence[NDArray[np.uint8] | Laid],
        *,
        num_keypoints: int | None = None,
        min_score: float = 0.0,
    ) -> tuple[list[Detection], NDArray[np.float32]]:
        """Detect in whole pictures and tell how well each is rebuilt from its K keypoints.

        Returns:
            the detections, and (B,) float32 mean squared errors of pictures in [0, 1].
        """
        if not images:
            return [], np.zeros(0, np.float32)
        with torch.inference_mode():
            laid = [self._laid(image, None) for image in images]
            batch = as_batch(laid, self._device)
            begin = time.perf_counter()
            encoded = self._model.encode(batch)
            found = self._model.find_keypoints(encoded, num_keypoints)
            composite = self._model.decode(found, encoded.size, encoded.code).composite
            errors = (composite - batch).square().mean(dim=(1, 2, 3)).float().cpu().numpy()
            detections = self._results(laid, encoded, found, min_score, begin, with_heat_map=False)
        return detections, errors

    def reconstruct(
        self, image: NDArray[np.uint8], keypoints: Keypoints | None = None
    ) -> Reconstruction:
        """Rebuild a picture from its keypoints, with every layer; see ``Predictor.reconstruct``.

        Layers are in the order of ``keypoints``, or of ``detect(image)``. The mask numbers the
        first 255 keypoints.

        Raises:
            TuskError: if the picture is so large that the model searches it in tiles.
        """
        if keypoints is None:
            keypoints = self.detect(image).keypoints
        with torch.inference_mode():
            batch, chosen, decoded = self._decoded(image, keypoints)
            errors = leave_one_out_errors(self._model, chosen, decoded, batch)
            error = float((decoded.composite - batch).square().mean())
            return as_reconstruction(decoded, batch, error, errors - error)

    def redraw(self, image: NDArray[np.uint8], keypoints: Keypoints) -> NDArray[np.uint8]:
        """Return only the rebuilt picture, (h, w, 3): much faster than ``reconstruct``.

        Raises:
            TuskError: if the picture is so large that the model searches it in tiles.
        """
        with torch.inference_mode():
            drawn = to_pictures(self._decoded(image, keypoints)[2].composite)
        picture: NDArray[np.uint8] = drawn[0]
        return picture

    def _decoded(
        self, image: NDArray[np.uint8], keypoints: Keypoints
    ) -> tuple[torch.Tensor, KeypointSet, Decoded]:
        check_one_tile(self.tiling(), (image.shape[1], image.shape[0]))
        laid = self._laid(image, None)
        batch = as_batch([laid], self._device)
        size = (batch.shape[-1], batch.shape[-2])
        code = None
        if self._model.background.kind == "latent":
            code = self._model.encode(batch).code
        length = self._info.config.encoder.num_features
        chosen = on_canvas(keypoints, laid.placement, length, self._device)
        return batch, chosen, decode_any(self._model, chosen, size, code)

    def decode_prototypes(self, indices: Sequence[int] | None = None) -> NDArray[np.uint8]:
        """Draw each prototype alone in the middle of the picture (Figs. 3 and 8).

        Returns:
            (n, h, w, 3) uint8, on black.
        """
        return draw_prototypes(self._model, indices)

    def _detect(
        self,
        images: Sequence[NDArray[np.uint8] | Laid],
        num_keypoints: int | None,
        min_score: float,
        *,
        with_heat_map: bool = False,
        network_size: tuple[int, int] | None = None,
        fit: Fit | None = None,
    ) -> list[Detection]:
        with torch.inference_mode():
            laid = [self._laid(image, network_size, fit) for image in images]
            batch = as_batch(laid, self._device)
            begin = time.perf_counter()
            encoded = self._model.encode(batch)
            found = self._model.find_keypoints(encoded, num_keypoints)
            return self._results(
                laid, encoded, found, min_score, begin, with_heat_map=with_heat_map
            )

    def _laid(
        self,
        image: NDArray[np.uint8] | Laid,
        network_size: tuple[int, int] | None,
        fit: Fit | None = None,
    ) -> Laid:
        """Return a picture laid out as in training."""
        if isinstance(image, Laid):
            return image
        picture = ReducedPicture(checked_picture(image))
        placement = self.placement(picture.size, network_size, fit=fit)
        return lay(picture, placement, self._info.config.data.channels)

    def _results(
        self,
        laid: Sequence[Laid],
        encoded: Encoded,
        found: KeypointSet,
        min_score: float,
        begin: float,
        *,
        with_heat_map: bool,
    ) -> list[Detection]:
        labels, confidences = self._model.prototypes.assign(
            found.descriptors, self._info.config.losses.kmeans_temperature
        )
        if found.labels is not None:
            labels = found.labels
        xy, scores = found.xy.float().cpu().numpy(), found.scores.float().cpu().numpy()
        descriptors = found.descriptors.float().cpu().numpy()
        label_rows = labels.cpu().numpy().astype(np.int32)
        confidence_rows = confidences.float().cpu().numpy()
        maps = encoded.score_map.float().cpu().numpy() if with_heat_map else None
        milliseconds = (time.perf_counter() - begin) * 1000 / len(laid)
        out = []
        for row, picture in enumerate(laid):
            size, placement = picture.size, picture.placement
            places = placement.to_original(xy[row])
            kept = np.flatnonzero(
                (scores[row] > 0)
                & (scores[row] >= min_score)
                & lies_in(places, placement, size, self._model.stride)
            )
            # Refining moves points and their scores, so that peak order is not score order.
            kept = kept[np.argsort(-scores[row][kept], kind="stable")]
            keypoints = Keypoints(
                xy=frozen(np.clip(places[kept], 0, np.array(size) - 1).astype(np.float32)),
                scores=frozen(np.clip(scores[row][kept], 0, 1)),
                labels=frozen(label_rows[row][kept]),
                descriptors=frozen(descriptors[row][kept]),
                confidences=frozen(confidence_rows[row][kept]),
            )
            heat_map = None
            if maps is not None:  # of several, as channel-wise detectors have, the highest
                cells = maps[row].max(axis=0)
                heat_map = heat_map_of(cells, self._model.stride, placement, size)
            out.append(Detection(size, keypoints, heat_map, milliseconds))
        return out


def _size_of(image: NDArray[np.uint8]) -> tuple[int, int]:
    return image.shape[1], image.shape[0]
