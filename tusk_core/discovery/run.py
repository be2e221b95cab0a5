"""Discovery: kinds of a data set within a minute, without training, as an ordinary model folder.

A few pictures are looked at first, so that something is on the screen soon; then all that are
asked for, with kinds that keep their numbers.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.atomic import filling
from tusk_core.config import load_preset, replaced
from tusk_core.control import Cancelled
from tusk_core.data.blocks import forget_parts
from tusk_core.data.cache import build_cache
from tusk_core.data.cache_features import open_features
from tusk_core.data.looks import LOOK_SETTINGS
from tusk_core.data.small_things import propose_crops
from tusk_core.data.source import open_source
from tusk_core.data.windows import window_size
from tusk_core.discovery.clusters import NUM_COMPONENTS, Clusters, find_clusters
from tusk_core.discovery.empties import above_empty, best_of_empty, presence_in, read_empty
from tusk_core.discovery.findings import Findings, as_events, find, num_kinds_for
from tusk_core.discovery.place import check_place
from tusk_core.discovery.proposals import CROP_CANVAS, working_size
from tusk_core.discovery.reporting import told
from tusk_core.discovery.together import share_features
from tusk_core.events import DiscoveryDone, DiscoveryEvent, JobProgress, Notice
from tusk_core.nn.device import choose_device, limit_threads
from tusk_core.nn.distributed import join_team, own_device
from tusk_core.nn.model_files import save_model
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.nn.trunk import TRUNK_STRIDE, Trunk
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from tusk_core.config import DataConfig, TrainConfig
    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.data.cache import PictureCache
    from tusk_core.data.cache_features import Features
    from tusk_core.nn.distributed import Team

MOST_PICTURES = 600
FIRST_LOOK = 48
_SIZES_LOOKED_AT = 64
_MOST_CROPS = 320
_ONE_PICTURE = (
    "There is one picture only, so nothing says what recurs: the kinds are those that occur in it. "
    "Add pictures of the same things."
)
_ALL_ALIKE = (
    "The pictures are all the same, so nothing says what recurs: the kinds are those of one "
    "picture. Add different pictures of the same things."
)
_GREY = (
    "The pictures are grey. The frozen features were learned from colour photographs and tell a "
    "little less apart here."
)
_SMALL = (
    "Things in these pictures look small, so cut-outs of {} pixels are analysed, and the model "
    "searches large pictures in tiles of that size."
)
_EMPTY = (
    "Keypoints count from a score of {:.2f} on, so that the {} pictures without the subject have "
    "none, but for one in twenty."
)
_TINY = (
    "Some pictures are only {} pixels wide or high, less than one cell of the frozen features "
    "({} pixels). They are enlarged, but there is little in them to tell apart; use larger ones."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to discover.

    Attributes:
        source: as typed.
        num_kinds: M; 0 decides by the pictures.
        max_pictures: at most so many are looked at; a random sample of a larger set.
        side: longer side to work at, pixels; 0 decides by the pictures.
        crops: longer side of the cut-outs to look at instead of whole pictures, pixels; None
            decides by the pictures, 0 takes them whole.
        empty: pictures without the subject, as typed; "" for none.
        seed: of sample and clusters.
        device: as in the settings.
        threads: CPU threads; 0 leaves a core to the window.
        shown_as: channels, and what is black and white; None leaves it to the pictures.
    """

    source: str
    num_kinds: int = 0
    max_pictures: int = MOST_PICTURES
    side: int = 0
    seed: int = 0
    device: str = "auto"
    threads: int = 0
    shown_as: DataConfig | None = None
    crops: int | None = None
    empty: str = ""


def discover(wanted: Wanted, out: Path, control: RunControl) -> Iterator[DiscoveryEvent]:
    """Find kinds and write a model folder; yields progress, kinds and at last what was made.

    Processes that ``torchrun`` started share the frozen features; the main one does the rest.

    Args:
        wanted: source and limits.
        out: model folder, made if missing.
        control: a stop request ends it; nothing is written.

    Raises:
        SourceError: if no picture can be read, or the folder cannot be written or holds a model
            that would be lost.
        Cancelled: if ``control`` asked for it.
    """
    begin = time.monotonic()
    check_place(out)
    if wanted.empty:
        with open_source(wanted.empty):  # said now, not after a minute of work
            pass
    limit_threads(wanted.threads)
    team = join_team(works_apart=True)
    trunk = Trunk().to(choose_device(own_device(wanted.device)).name)
    reader = _Reader(wanted, trunk, out, control, team)
    with open_source(wanted.source, default_count=wanted.max_pictures) as source:
        source.prepare(None, control)
        sizes = sizes_of(source)
        config = first_config(source, sizes, wanted, control)
        crops = config.data.crops
        if crops:
            yield Notice("info", _SMALL.format(crops))
        clusters: Clusters | None = None
        if min(len(source), wanted.max_pictures) > 2 * FIRST_LOOK:
            early = yield from reader.features(config, FIRST_LOOK)
            if early is not None:
                clusters = clusters_for(early, wanted, None)
                found = find(early, clusters, source, crops=crops)
                yield from as_events(found, early, source, crops=crops, is_final=False)
        features = yield from reader.features(config, wanted.max_pictures)
        if features is None:
            return
        yield from _warnings(features, sizes)
        yield JobProgress(0, 0, "Sorting places into kinds.")
        _check(control)
        clusters = clusters_for(features, wanted, clusters)
        empty = yield from read_empty(config.data, wanted.empty, trunk, wanted.seed, control)
        elsewhere = None if empty is None else presence_in(empty, clusters)
        findings = find(features, clusters, source, crops=crops, elsewhere=elsewhere)
        _check(control)
        yield from as_events(findings, features, source, crops=crops, is_final=True)
    config = _with_brightness(config, features.pictures)
    model = as_model(findings, config)
    if empty is not None:
        findings = yield from _above_empty(findings, model, empty, control)
        model = as_model(findings, config)
    _write(out, model, findings)
    forget_parts(out)
    yield DiscoveryDone(
        model_dir=out,
        num_pictures=len(np.unique(features.pictures.indices)),
        num_kinds=len(findings.scores),
        num_kept=int(findings.kept.sum()),
        num_keypoints=findings.proposal.num_keypoints,
        size=(config.data.width, config.data.height),
        keypoint_size=findings.proposal.keypoint_size,
        seconds=time.monotonic() - begin,
    )


def first_config(
    source: BaseSource, sizes: Sequence[tuple[int, int]], wanted: Wanted, control: RunControl
) -> TrainConfig:
    """Return the settings of the model as far as they are known before its kinds."""
    count = min(len(source), wanted.max_pictures)
    crops = wanted.crops
    if crops is None:
        largest = 0 if wanted.side else max(map(max, sizes))
        crops = propose_crops(source, largest, lambda: control.stop_requested)
    width, height = working_size(sizes, wanted.side, count)
    if crops and not wanted.side:
        width, height = CROP_CANVAS
    look = {} if wanted.shown_as is None else wanted.shown_as.model_dump(include=LOOK_SETTINGS)
    return replaced(
        load_preset("quick-photos"),
        {
            **{f"data.{name}": value for name, value in look.items()},
            "preset": "discovered",
            "description": "Kinds found without training.",
            "data.source": wanted.source,
            "data.width": width,
            "data.height": height,
            "data.fit": "stretch",
            "data.crops": crops,
            "data.crops_each": _crops_each(sizes, crops, (width, height), count),
            "encoder.head": "clusters",
            "keypoints.min_score": 0.5,
            "encoder.num_features": NUM_COMPONENTS,
            "encoder.seed_components": NUM_COMPONENTS,
            "decoder.kind": "none",
            "decoder.background": "black",
            "run.seed": wanted.seed,
        },
    )


def _with_brightness(config: TrainConfig, pictures: PictureCache) -> TrainConfig:
    """Return settings by which the model sees deep pictures as the discovery saw them."""
    found = pictures.brightness
    if found is None or config.data.brightness != "auto":
        return config
    changes = {"brightness": "range", "brightness_low": found.low, "brightness_high": found.high}
    return replaced(config, {f"data.{key}": value for key, value in changes.items()})


def _crops_each(
    sizes: Sequence[tuple[int, int]], crops: int, canvas: tuple[int, int], count: int
) -> int:
    """Return how many crops of each picture cover it twice, within what may be looked at."""
    if not crops:
        return 0
    width, height = window_size(crops, canvas)
    twice = max(2 * (w / width) * (h / height) for w, h in sizes)
    return max(1, min(math.ceil(twice), _MOST_CROPS // count))


def sizes_of(source: BaseSource) -> list[tuple[int, int]]:
    """Return the (width, height) of some of the pictures.

    Raises:
        SourceError: if there is not one that can be read.
    """
    chosen = np.unique(np.linspace(0, len(source) - 1, _SIZES_LOOKED_AT).astype(int)).tolist()
    sizes, failure = [], SourceError(f"There are no pictures in {source.source}.")
    for index in chosen:
        try:
            sizes.append(source.size(index))
        except SourceError as error:
            failure = error
    if not sizes:
        raise failure
    return sizes


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads pictures and computes their features, both kept for the next time."""

    wanted: Wanted
    trunk: Trunk
    out: Path
    control: RunControl
    team: Team

    def features(
        self, config: TrainConfig, count: int
    ) -> Generator[DiscoveryEvent, None, Features | None]:
        """Return the features of at most ``count`` pictures; None in all but the main process."""
        pictures = yield from self._pictures(config.data.model_copy(update={"max_pictures": count}))
        try:
            made = yield from share_features(
                pictures, self.trunk, self.out, self.control, self.team
            )
        except OSError as error:
            raise SourceError(
                f"The features cannot be kept beside {self.out} ({error.strerror or error}). "
                "Free some space or choose another folder."
            ) from error
        if not self.team.is_main:
            return None
        features: Features = yield from told(
            lambda report: open_features(
                pictures, self.trunk, made=made, progress=report, control=self.control
            )
        )
        if features.note:
            yield Notice("warning", features.note)
        return features

    def _pictures(self, data: DataConfig) -> Generator[JobProgress, None, PictureCache]:
        """Return the pictures; one of several processes reads them, the others find them then."""
        for turn in (True, False):
            if self.team.is_main is turn:
                pictures: PictureCache = yield from told(
                    lambda report: build_cache(
                        data, seed=self.wanted.seed, progress=report, control=self.control
                    )
                )
            self.team.wait()
        return pictures


def clusters_for(features: Features, wanted: Wanted, earlier: Clusters | None) -> Clusters:
    """Return the kinds of some pictures; those found ``earlier`` keep their numbers."""
    generator = torch.Generator().manual_seed(wanted.seed)
    num_kinds = wanted.num_kinds or num_kinds_for(features)
    if earlier is not None:
        num_kinds = len(earlier.centres)
    return find_clusters(features.batches(), num_kinds, generator, earlier)


def _warnings(features: Features, sizes: Sequence[tuple[int, int]]) -> Iterator[Notice]:
    """Say what the kinds of these pictures cannot tell."""
    pictures = features.pictures
    if pictures.skipped:
        first = pictures.skipped[0]
        yield Notice(
            "warning",
            f"{len(pictures.skipped)} files were skipped, such as {first.path.name}: "
            f"{first.reason}.",
        )
    some = np.array(pictures.images[:FIRST_LOOK])
    if len(pictures) == 1:
        yield Notice("warning", _ONE_PICTURE)
    elif not bool((some != some[0]).any()):
        yield Notice("warning", _ALL_ALIKE)
    if not bool((some != some[..., :1]).any()):
        yield Notice("info", _GREY)
    smallest = min(min(size) for size in sizes)
    if smallest < TRUNK_STRIDE:
        yield Notice("warning", _TINY.format(smallest, TRUNK_STRIDE))


def as_model(findings: Findings, config: TrainConfig) -> PhotoModel:
    """Return the model that reads the kinds that were found.

    Args:
        findings: on the data.
        config: of the data and of the frozen network.
    """
    proposal = findings.proposal
    settings = replaced(
        config,
        {
            "prototypes.num_prototypes": len(findings.scores),
            "keypoints.num_keypoints": proposal.num_keypoints,
            "keypoints.nms_window": proposal.nms_window,
            "keypoints.refine_window": proposal.refine_window,
            "keypoints.min_score": proposal.min_score,
            "keypoints.joined_blur": proposal.joined_blur,
            "keypoints.thing_area": proposal.thing_area,
            "keypoints.thing_x": proposal.thing_shift[0],
            "keypoints.thing_y": proposal.thing_shift[1],
            "keypoints.vote_reach": 0 if proposal.votes is None else proposal.votes.reach,
        },
    )
    model = PhotoModel(settings)
    clusters = findings.clusters
    with torch.no_grad():
        model.seed.mean.copy_(clusters.mean)
        model.seed.whitening.copy_(clusters.whitening)
        model.seed.centres.copy_(clusters.centres)
        model.prototypes.vectors.copy_(clusters.centres)
        model.kept.copy_(torch.from_numpy(findings.kept))
        model.rank.copy_(torch.from_numpy(findings.scores))
        if model.votes is not None:
            assert proposal.votes is not None
            model.votes.load_state_dict(proposal.votes.state_dict())
    return model.eval()


def _write(out: Path, model: PhotoModel, findings: Findings) -> None:
    statistics = findings.statistics
    number = statistics.presence * statistics.count
    usage = (number / max(float(number.sum()), 1e-9)).tolist()
    name = out.name or "discovered"
    try:
        with filling(out) as folder:
            save_model(folder, model, step=0, usage=usage, name=name)
    except OSError as error:
        raise SourceError(
            f"The model cannot be written to {out} ({error.strerror or error}). Choose another "
            "folder."
        ) from error


def _above_empty(
    findings: Findings, model: PhotoModel, empty: Features, control: RunControl
) -> Generator[DiscoveryEvent, None, Findings]:
    """Return the findings with a threshold above what pictures without the subject score."""
    best = yield from told(lambda report: best_of_empty(model, empty.pictures, report, control))
    proposal = above_empty(findings.proposal, best)
    yield Notice("info", _EMPTY.format(proposal.min_score, len(best)))
    return replace(findings, proposal=proposal)


def _check(control: RunControl) -> None:
    if control.stop_requested:
        raise Cancelled
