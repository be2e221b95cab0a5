"""How many pictures go through the network at once."""

from __future__ import annotations

_BATCH_PIXELS = 400_000
_MAX_BATCH = 64


def batch_size(network_size: tuple[int, int]) -> int:
    """Return how many pictures of that size (width, height) go through the network at once."""
    return max(1, min(_MAX_BATCH, _BATCH_PIXELS // (network_size[0] * network_size[1])))
