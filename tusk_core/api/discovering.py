"""Discovery: kinds of a data set without training, and what a person says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.config import DataConfig
    from tusk_core.control import RunControl
    from tusk_core.events import DiscoveryEvent, JobProgress, KindJudged, KindListed
    from tusk_core.interfaces import Predictor
    from tusk_core.kind_edits import KindEdit, KindEdits
    from tusk_core.results import Analysis, DataProposal


def discover(  # noqa: PLR0913 - every argument is a keyword of its own
    source: str,
    out: Path,
    control: RunControl,
    *,
    num_kinds: int = 0,
    max_pictures: int = 600,
    side: int = 0,
    crops: int | None = None,
    empty: str = "",
    seed: int = 0,
    device: str = "auto",
    shown_as: DataConfig | None = None,
) -> Iterator[DiscoveryEvent]:
    """Find kinds of place that recur and write a model folder that reads them.

    Kinds come twice where there are many pictures: soon, from a few of them, and again with the
    same numbers from all; see ``tusk_core.events.KindFound``. ``DiscoveryDone`` comes last.

    Args:
        source: folder, video, sample or data set.
        out: model folder, made if missing; ``detect``, ``embed`` and the rest open it.
        control: a stop request raises ``Cancelled``; nothing is written then.
        num_kinds: M; 0 decides by the pictures.
        max_pictures: at most so many are looked at, a random sample of a larger set.
        side: longer side to work at, pixels; 0 decides by the pictures.
        crops: longer side of the cut-outs to look at instead of whole pictures, pixels; None
            decides by the pictures, 0 takes them whole.
        empty: pictures without the subject, given as ``source`` is: kinds that they have as
            often are left out, and the model's threshold leaves them empty.
        seed: of the sample and the clusters.
        device: as in the settings.
        shown_as: channels, and what is black and white; None leaves it to the pictures.

    Raises:
        SourceError: if no picture can be read, or the folder cannot be written or holds a model
            that was trained, or names and edits of kinds.
    """
    from tusk_core.discovery.run import Wanted
    from tusk_core.discovery.run import discover as found

    wanted = Wanted(
        source,
        num_kinds,
        max_pictures,
        side,
        seed,
        device,
        crops=crops,
        empty=empty,
        shown_as=shown_as,
    )
    return found(wanted, out, control)


def refit_kinds(
    model: str | Path,
    source: str,
    out: Path,
    num_kinds: int,
    control: RunControl,
    *,
    seed: int = 0,
    device: str = "auto",
) -> Iterator[JobProgress]:
    """Write a model with the same network whose kinds are made anew from some pictures.

    Keypoints lie where they did; what is told apart changes. Up to 600 pictures are read.

    Args:
        model: folder, run or bundled name; not changed.
        source: folder, video, sample or data set.
        out: model folder, made if missing.
        num_kinds: how many kinds there shall be.
        control: a stop request raises ``Cancelled``; nothing is written then.
        seed: of the draws.
        device: as in the settings.

    Raises:
        TuskError: if the model has a map for each kind, or the pictures have too few keypoints.
        SourceError: if no picture can be read or the folder cannot be written.
    """
    from tusk_core.data.source import open_source
    from tusk_core.inference import refit

    with open_source(source) as opened:
        yield from refit.refit_kinds(
            model, opened, out, num_kinds, control, seed=seed, device=device
        )


def propose_settings(
    source: str,
    control: RunControl,
    *,
    device: str = "auto",
    shown_as: DataConfig | None = None,
) -> DataProposal:
    """Propose keypoints, kinds and sizes from a first look at some pictures; writes nothing.

    Args:
        source: folder, video, sample or data set.
        control: a stop request raises ``Cancelled``.
        device: as in the settings.
        shown_as: channels, and what is black and white; None leaves it to the pictures.

    Raises:
        SourceError: if no picture can be read.
    """
    from tusk_core.discovery.first_look import look_first
    from tusk_core.discovery.run import Wanted

    return look_first(Wanted(source, device=device, shown_as=shown_as), control)


def list_kinds(model: str | Path) -> tuple[KindListed, ...]:
    """Return a model's kinds as they count now, the kept ones first, the best first.

    Raises:
        TuskError: if the model has no maps of its kinds.
    """
    from tusk_core.inference import kinds

    return kinds.list_kinds(model)


def background_kinds(
    analysis: Analysis, control: RunControl | None = None
) -> tuple[KindJudged, ...]:
    """Return the kinds of any model that look like background, the surest first; needs no labels.

    Args:
        analysis: what the model finds in some pictures; these are looked at again, if they are
            still there, for a plain ground.
        control: a stop request raises ``Cancelled``.
    """
    from tusk_core.control import RunControl as Control
    from tusk_core.inference.background import judge_kinds

    return judge_kinds(analysis, control or Control())


def hide_kinds(model: str | Path, numbers: Sequence[int]) -> Path:
    """Leave kinds of any model out of everything from now on; returns the file that says so.

    Raises:
        TuskError: if there is no such kind, or the file beside the model cannot be written.
    """
    from tusk_core.inference import kinds

    return kinds.hide_kinds(model, numbers)


def kind_edits(model: str | Path) -> KindEdits:
    """Return what was said of a model's kinds; ``added`` and ``undone`` make new lists from it.

    Raises:
        TuskError: if the model has no maps of its kinds, or the file beside it is damaged.
    """
    from tusk_core.inference import kinds

    return kinds.kind_edits(model)


def save_kind_edits(model: str | Path, edits: KindEdits) -> None:
    """Write what was said beside the model; predictors opened afterwards honour it.

    Raises:
        TuskError: if there is no such model or its folder cannot be written.
    """
    from tusk_core.inference import kinds

    kinds.save_kind_edits(model, edits)


def describe_place(
    predictor: Predictor, image: NDArray[np.uint8], xy: tuple[float, float]
) -> NDArray[np.float32]:
    """Return what a model says of one place, (C,) unit length: the ``descriptor`` of an edit.

    Args:
        predictor: an opened model.
        image: (H, W, 3) or (H, W) uint8.
        xy: pixels of the picture.

    Raises:
        TuskError: if the place is outside the picture.
    """
    from tusk_core.inference import kinds

    return kinds.descriptor_at(predictor, image, xy)


def with_descriptor(predictor: Predictor, edit: KindEdit) -> KindEdit:
    """Return an edit about a place with what the model says of it; reads ``edit.picture``.

    Raises:
        TuskError: if the picture cannot be read or the place is outside it.
    """
    from tusk_core.inference import kinds

    return kinds.with_descriptor(predictor, edit)
