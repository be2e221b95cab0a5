"""One source detected by several processes: each does its share of the pictures, in blocks.

The blocks are parts as ``kept_parts`` keeps them beside the result, so that the process that writes
it finds all pictures done and reads them in order: the result is that of one process. Blocks that
are there already are not made again: a job that lost a process, or was stopped, continues where it
was, with any number of processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core.data.blocks import blocks_of, parts_folder, share_out
from tusk_core.inference.batches import batch_size
from tusk_core.inference.collect import detect_all, no_rows
from tusk_core.inference.kept_parts import PartStore, detection_mark
from tusk_core.nn.distributed import join_team
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.data.blocks import Block
    from tusk_core.events import JobProgress
    from tusk_core.inference.collect import Rows, Wanted
    from tusk_core.inference.predictor import TorchPredictor
    from tusk_core.nn.distributed import Team
    from tusk_core.results import UnreadableFile

# Long enough that files do not count, short enough that little is lost.
_BATCHES = 4


def detect_shares(
    predictor: TorchPredictor,
    source: BaseSource,
    wanted: Wanted,
    control: RunControl,
    out: Path,
    team: Team | None = None,
) -> Generator[JobProgress, None, bool]:
    """Detect in the share of this process, if ``torchrun`` started several; waits for the others.

    ``detect_resumably`` finds everything done then.

    Args:
        predictor: the model.
        source: its pictures.
        wanted: how to detect.
        control: a stop request ends it; what was found is kept.
        out: where the result will be written, in a folder that all processes see.
        team: the processes; None joins those that ``torchrun`` started.

    Returns:
        whether this process is the one that writes the result.

    Raises:
        Cancelled: when asked to stop.
        SourceError: if pictures cannot be read as a whole.
        OSError: if a block cannot be written.
    """
    team = join_team(works_apart=True) if team is None else team
    if team.size == 1:
        return True
    mark = detection_mark(predictor, source, wanted)
    # The main process looks what is there, and removes what is of another job, before the others.
    start = _begun(PartStore(parts_folder(out), mark, 0.0)) if team.is_main else 0
    start = int(team.share_text(str(start)))
    store = PartStore(parts_folder(out), mark, 0.0)
    data = predictor.info.config.data
    blocks = blocks_of(start, len(source), _BATCHES * batch_size((data.width, data.height)))

    def detect(block: Block) -> None:
        store.put(block, *_detected(predictor, source, wanted, control, block))

    yield from share_out(blocks, team, store.has, detect)
    return team.is_main


def _begun(store: PartStore) -> int:
    """Make the folder before other processes look into it; returns what is done already."""
    store.begin()
    return store.done


def _detected(
    predictor: TorchPredictor,
    source: BaseSource,
    wanted: Wanted,
    control: RunControl,
    block: Block,
) -> tuple[list[Rows], list[UnreadableFile]]:
    skipped: list[UnreadableFile] = []
    parts = [no_rows(predictor.info.config.encoder.num_features)]
    span = {"start": block.start, "stop": block.stop}
    try:
        parts += [
            rows for _, rows in detect_all(predictor, source, wanted, control, skipped, **span)
        ]
    except SourceError:
        if len(skipped) < block.stop - block.start:  # not because none of these can be read
            raise
    return parts, skipped
