"""The features of one discovery, computed by several processes: each does its share, in blocks.

The blocks lie beside the model that will be written, until it is; the main process finds them all
done and continues alone, with the numbers that it would have computed itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tusk_core.control import Cancelled
from tusk_core.data.blocks import Block, BlockFolder, blocks_of, parts_folder, share_out
from tusk_core.data.cache_features import are_to_be_made, batch_pictures, features_key, halves

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.cache import PictureCache
    from tusk_core.events import JobProgress
    from tusk_core.nn.distributed import Team
    from tusk_core.nn.trunk import Trunk

# Long enough that files do not count, short enough that little is lost.
_BATCHES = 8
_ARRAY = "coarse"


def share_features(
    pictures: PictureCache, trunk: Trunk, out: Path, control: RunControl, team: Team
) -> Generator[JobProgress, None, Iterator[NDArray[np.float16]] | None]:
    """Compute this process's share of the features; waits for the others.

    Args:
        pictures: the same in every process.
        trunk: on the device to compute on.
        out: where the model will be written, in a folder that all processes see.
        control: a stop request ends it; blocks that are done are kept.
        team: the processes.

    Returns:
        all features as ``open_features`` takes them, those of blocks that a process left from
        there; None where nothing is to be made, or nobody has begun.

    Raises:
        Cancelled: when asked to stop.
        OSError: if a block cannot be written.
    """
    key = features_key(pictures)
    path = parts_folder(out) / key
    needed = team.share_text("yes" if are_to_be_made(pictures) else "")
    if not needed or (team.size == 1 and not path.exists()):
        return None
    blocks = blocks_of(0, len(pictures), _BATCHES * batch_pictures(pictures))

    def computed(block: Block) -> NDArray[np.float16]:
        parts = []
        for part in halves(pictures, trunk, block.start, block.stop):
            if control.stop_requested:
                raise Cancelled
            parts.append(part)
        return np.concatenate(parts)

    folder = BlockFolder(path, key)
    if team.size > 1:
        yield from share_out(
            blocks, team, folder.has, lambda block: folder.put(block, {_ARRAY: computed(block)})
        )
    return (folder.get(block)[_ARRAY] if folder.has(block) else computed(block) for block in blocks)
