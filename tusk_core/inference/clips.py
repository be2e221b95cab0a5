"""A clip to show: pictures, the keypoints in them and what the model redraws, side by side."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.atomic import check_writable, refusal_in
from tusk_core.control import Cancelled
from tusk_core.events import JobProgress
from tusk_core.inference.clip_board import compose, in_column, make_board, to_column
from tusk_core.inference.clip_plan import plan_clip, time_of_step
from tusk_core.inference.clip_sinks import ENDINGS, sink_for
from tusk_core.inference.draw import draw_keypoints, draw_trail
from tusk_core.inference.lifting import lift
from tusk_core.prototype_names import PrototypeNames
from tusk_core.results import Keypoints, SourceError, TuskError
from tusk_core.source_text import path_text
from tusk_core.tracking.regions import inside, region_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.inference.clip_board import ClipBoard
    from tusk_core.inference.clip_plan import ClipPlan
    from tusk_core.inference.clip_sinks import Sink
    from tusk_core.inference.predictor import TorchPredictor
    from tusk_core.interfaces import OpenedSource
    from tusk_core.tracks import Region

_ANIMATED_SIDE, _SIDE = 400, 640
_TRAIL = 10
_MOST_RADIUS = 8.0
NOT_TAUGHT = "The model was not taught to redraw, so the clip shows pictures and keypoints only."
IN_TILES = (
    "These pictures are searched in tiles, which the model cannot redraw as one, so the clip shows "
    "pictures and keypoints only."
)
Step = tuple["NDArray[np.uint8]", float]


@dataclass(frozen=True, slots=True, eq=False)
class ClipRequest:
    """What a clip shows, and how it is found.

    Attributes:
        first: picture to begin with; None takes the first.
        count: pictures or frames; None takes what is usual for the file's kind.
        builds_up: one picture, its keypoints one after the other.
        names: merges and hidden prototypes.
        num_keypoints: K; None takes the training value.
        min_score: keypoints below it are left out, [0, 1].
        regions: by the name of the source; keypoints outside its own are left out.
    """

    first: int | None = None
    count: int | None = None
    builds_up: bool = False
    names: PrototypeNames = field(default_factory=PrototypeNames)
    num_keypoints: int | None = None
    min_score: float = 0.0
    regions: Mapping[str, Region] = field(default_factory=dict)


def check_clip(out: Path, source: str) -> None:
    """Refuse, before the work, a file that cannot become a clip.

    Raises:
        TuskError: if its ending is unknown.
        SourceError: if it cannot be written, or is what the clip is made of.
    """
    if out.suffix.lower() not in ENDINGS:
        raise TuskError(
            f"A clip cannot be written as {out.name!r}. Let it end in {', '.join(ENDINGS)}."
        )
    with contextlib.suppress(OSError, ValueError):
        if out.exists() and out.samefile(Path(path_text(source))):
            raise SourceError(f"{out} is what the clip would be made of; choose another name.")
    check_writable(out)


def write_clip(
    predictor: TorchPredictor,
    source: OpenedSource,
    out: Path,
    control: RunControl,
    request: ClipRequest,
) -> Iterator[JobProgress | list[str]]:
    """Write the clip; the last value is a list of sentences on what it does not show.

    Raises:
        Cancelled: when asked to stop; nothing is written then.
        SourceError: if no picture can be read, or the disk refuses the file.
        TuskError: if the file's kind is unknown.
    """
    check_clip(out, source.source)
    source.use_settings(predictor.info.config.data)
    plan = plan_clip(
        source, out.suffix.lower(), request.first, request.count, builds_up=request.builds_up
    )
    # The ending stays: it tells the libraries what to write.
    temporary = out.with_name(f".{secrets.token_hex(6)}{out.suffix.lower()}")
    sink = sink_for(temporary, plan.rate)
    try:
        maker = _Maker(predictor, source, plan, request, is_small=out.suffix.lower() != ".mp4")
        yield from maker.fill(sink, control)
        yield JobProgress(0, 0, "Writing the file.")
        sink.finish()
        temporary.replace(out)
    except OSError as error:
        reason = refusal_in(error) or error
        raise SourceError(f"{out} cannot be written: {reason.strerror or reason}.") from error
    finally:
        sink.release()
        temporary.unlink(missing_ok=True)
    yield maker.missing


class _Maker:
    """Makes the frames of one clip."""

    def __init__(
        self,
        predictor: TorchPredictor,
        source: OpenedSource,
        plan: ClipPlan,
        request: ClipRequest,
        *,
        is_small: bool,
    ) -> None:
        self._predictor, self._source = predictor, source
        self._plan, self._request = plan, request
        self._most = _ANIMATED_SIDE if is_small else _SIDE
        self._redraws = predictor.info.config.decoder.kind != "none"
        self._board: ClipBoard | None = None
        self._trail: deque[tuple[NDArray[np.float32], NDArray[np.int32]]] = deque(maxlen=_TRAIL)
        self._unread = 0
        self.missing: list[str] = [] if self._redraws else [NOT_TAUGHT]

    def fill(self, sink: Sink, control: RunControl) -> Iterator[JobProgress]:
        """Give every frame to ``sink``."""
        begin, total = time.monotonic(), len(self._plan.indices)
        pictures = self._source.stream(self._plan.indices)
        for done, ((_, picture), seconds) in enumerate(
            zip(pictures, self._plan.seconds, strict=True), 1
        ):
            if control.stop_requested:
                raise Cancelled
            if isinstance(picture, SourceError):
                self._unread += 1
                continue
            for frame, shown in self._frames(picture, seconds):
                if control.stop_requested:
                    raise Cancelled
                sink.add(frame, shown)
            left = (time.monotonic() - begin) / done * (total - done)
            yield JobProgress(done, total, f"Drawing {done} of {total}.", left)
        if self._board is None:
            raise SourceError(f"None of the pictures of {self._source.source} can be read.")
        if self._unread:
            self.missing.append(f"{self._unread} pictures could not be read and are left out.")

    def _frames(self, picture: NDArray[np.uint8], seconds: float) -> Iterator[Step]:
        request = self._request
        detection = self._predictor.detect(
            picture, num_keypoints=request.num_keypoints, min_score=request.min_score
        )
        points = detection.keypoints
        if self._board is None:
            self._board = self._laid_out(picture)
        if not self._plan.builds_up:
            yield self._frame(picture, points), seconds
            return
        steps = len(points.scores)
        for step in range(steps + 1):
            yield self._frame(picture, _first(points, step)), time_of_step(step, steps)

    def _laid_out(self, picture: NDArray[np.uint8]) -> ClipBoard:
        size = (picture.shape[1], picture.shape[0])
        tiling = self._predictor.tiling()
        if self._redraws and tiling is not None and tiling.applies_to(size):
            self._redraws = False
            self.missing.append(IN_TILES)
        words = ["Original", "Keypoints", *(["Redrawn from the keypoints"] * self._redraws)]
        below = f"{self._predictor.info.name}  ·  {_short(self._source.source)}  ·  TUSK"
        return make_board(size, words, below, most=self._most)

    def _frame(self, picture: NDArray[np.uint8], points: Keypoints) -> NDArray[np.uint8]:
        assert self._board is not None
        column = self._board.column
        plain = in_column(picture, column)
        shown = [plain, self._marked(plain, points, (picture.shape[1], picture.shape[0]))]
        if self._redraws:
            size = (picture.shape[1], picture.shape[0])
            redrawn = self._predictor.redraw(picture, points)
            shown.append(in_column(lift(redrawn, self._predictor.placement(size), size), column))
        return compose(self._board, shown)

    def _marked(
        self, plain: NDArray[np.uint8], points: Keypoints, size: tuple[int, int]
    ) -> NDArray[np.uint8]:
        """Return a picture in its column with rings and, in videos, where they came from."""
        names = self._request.names
        region = region_for(self._request.regions, self._source.source)
        kept = ~np.isin(points.labels, list(names.hidden))
        if region is not None:
            kept &= inside(region, points.xy)
        labels = np.array([names.merged.get(int(i), int(i)) for i in points.labels[kept]], np.int32)
        places = to_column(points.xy[kept], size, (plain.shape[1], plain.shape[0]))
        out = plain
        if self._plan.rate:
            out = draw_trail(plain, list(self._trail))
            self._trail.append((places, labels))
        radius = min(_MOST_RADIUS, max(plain.shape[:2]) / 50)
        return draw_keypoints(out, places, labels, points.scores[kept], radius=radius)


def _first(points: Keypoints, count: int) -> Keypoints:
    """Return the surest ``count`` keypoints."""
    return Keypoints(
        points.xy[:count],
        points.scores[:count],
        points.labels[:count],
        points.descriptors[:count],
        points.confidences[:count],
    )


def _short(source: str) -> str:
    """Return a source's name without its folders."""
    text = path_text(source)
    if text.startswith("sample:"):
        return text.partition("?")[0].replace(":", " ")
    return Path(text).name or text
