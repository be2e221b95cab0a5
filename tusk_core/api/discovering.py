"""Discovery: kinds of a data set without training."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tusk_core.control import RunControl
    from tusk_core.events import DiscoveryEvent


def discover(
    source: str,
    out: Path,
    control: RunControl,
    *,
    num_kinds: int = 64,
    max_pictures: int = 600,
    side: int = 0,
    seed: int = 0,
    device: str = "auto",
) -> Iterator[DiscoveryEvent]:
    """Find kinds of place that recur and write a model folder that reads them.

    Kinds come twice where there are many pictures: soon, from a few of them, and again with the
    same numbers from all; see ``tusk_core.events.KindFound``. ``DiscoveryDone`` comes last.

    Args:
        source: folder, video, sample or data set.
        out: model folder, made if missing; ``detect``, ``embed`` and the rest open it.
        control: a stop request raises ``Cancelled``; nothing is written then.
        num_kinds: M.
        max_pictures: at most so many are looked at, a random sample of a larger set.
        side: longer side to work at, pixels; 0 decides by the pictures.
        seed: of the sample and the clusters.
        device: as in the settings.

    Raises:
        SourceError: if no picture can be read or the folder cannot be written.
    """
    from tusk_core.discovery.run import Wanted
    from tusk_core.discovery.run import discover as found

    wanted = Wanted(source, num_kinds, max_pictures, side, seed, device)
    return found(wanted, out, control)
