"""How many pictures go through the network at once."""

from __future__ import annotations

_BATCH_PIXELS = 400_000
_MAX_BATCH = 64


def batch_size(network_size: tuple[int, int]) -> int:
    """Return how many pictures of that size (width, height) go through the network at once."""
    return max(1, min(_MAX_BATCH, _BATCH_PIXELS // (network_size[0] * network_size[1])))


def shared_batch_size(network_size: tuple[int, int], num_pictures: int, lanes: int) -> int:
    """Return how many pictures make a batch where ``lanes`` batches are computed side by side.

    It is ``batch_size``, or less where that would leave a lane without work.

    Args:
        network_size: (width, height) of the network's input.
        num_pictures: of all batches.
        lanes: batches computed at a time.
    """
    return max(1, min(batch_size(network_size), -(-num_pictures // lanes)))
