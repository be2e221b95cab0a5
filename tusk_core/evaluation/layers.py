"""The layers a model draws, many pictures at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.data.fitting import apply_placement, fit_picture, place
from tusk_core.results import TuskError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_core.nn.model import TuskModel


class LayerDrawer:
    """Draws the layers of pictures at the network's size.

    Args:
        model: in evaluation mode.
        device: where it is.
        targets: (M,) prototype that each is counted as; None joins none.

    Raises:
        TuskError: if the model has no layers.
    """

    def __init__(
        self, model: TuskModel, device: str, targets: NDArray[np.integer] | None = None
    ) -> None:
        if model.config.decoder.blend != "alpha":
            raise TuskError(
                'This model draws all keypoints into one picture (decoder.blend = "sum"), so it '
                'has no segments to score. Train one with decoder.blend = "alpha".'
            )
        self._model, self._device, self._targets = model, torch.device(device), targets
        data = model.config.data
        self._canvas, self._fit, self._channels = (data.width, data.height), data.fit, data.channels

    @property
    def num_labels(self) -> int:
        """Number of prototypes, M."""
        return self._model.config.prototypes.num_prototypes

    def draw(
        self, images: Sequence[NDArray[np.uint8]]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return shares (P, K, h, w) of each layer after blending, and labels (P, K).

        Args:
            images: pictures (H, W, 3) uint8, any sizes.
        """
        fitted = self.fit(images)
        with torch.inference_mode():
            batch = torch.from_numpy(fitted).to(self._device).permute(0, 3, 1, 2)
            encoded = self._model.encode(batch.to(torch.float32) / 255)
            keypoints = self._model.find_keypoints(encoded)
            decoded = self._model.decode(keypoints, encoded.size, encoded.code)
            labels = self._model.prototypes.similarities(keypoints.descriptors).argmax(-1)
        assert decoded.shares is not None
        shares: NDArray[np.float32] = decoded.shares.float().cpu().numpy()
        found = labels.cpu().numpy().astype(np.int64)
        return shares, found if self._targets is None else self._targets[found].astype(np.int64)

    def fit(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """Return pictures as they lie on the network's canvas, (P, h, w, C)."""
        return np.stack(
            [fit_picture(image, self._canvas, self._fit, self._channels) for image in images]
        )

    def fit_mask(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return an instance mask (H, W) as it lies on the network's canvas (h, w)."""
        placement = place((mask.shape[1], mask.shape[0]), self._canvas, self._fit)
        return apply_placement(mask, placement, nearest=True)
