"""A model on a data set as one HTML page: nothing outside it is needed to read it.

The template stands in ``resources/pages``. Jinja escapes every value that goes into it, so that a
name of a file or a kind never becomes part of the page.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tusk_core.atomic import write_bytes
from tusk_core.control import Cancelled
from tusk_core.events import JobProgress
from tusk_core.inference.draw import enlarged
from tusk_core.pages import curves, words
from tusk_core.pages.counts import best_rows, counted, histogram, spread
from tusk_core.pages.pictures import common_middle, gather, inside
from tusk_core.resources import resource
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.interfaces import OpenedSource
    from tusk_core.pages.counts import Bar, Counted
    from tusk_core.pages.pictures import Gathered, Shown
    from tusk_core.pages.request import PageRequest

MOST_KINDS = 48
MOST_EXAMPLES = 5
MOST_OVERLAYS = 12
MOST_PICTURES = 200
_LOOK_SIDE = 96
_MOST_LABELS = 10
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def write_page(
    request: PageRequest, source: OpenedSource, out: Path, control: RunControl
) -> Iterator[JobProgress]:
    """Write the page; yields how far it has come.

    Args:
        request: what it shows.
        source: of the pictures, which are read again.
        out: the file; it appears whole or not at all.
        control: a stop raises ``Cancelled``; nothing is written then.

    Raises:
        Cancelled: when asked to stop.
        SourceError: if the disk refuses it.
    """
    found = counted(request.analysis, request.names)
    kinds = found.order[:MOST_KINDS]
    most = MOST_EXAMPLES - (request.looks is not None)  # they stand in one line
    examples = {k: best_rows(request.analysis, found, k, most) for k in kinds}
    shown = spread(len(request.analysis.picture_names), MOST_OVERLAYS)
    rows = [row for kind in kinds for row in examples[kind]]
    gathered = yield from gather(
        request.analysis, found, source, request.info.config, rows, shown, control
    )
    yield JobProgress(0, 0, "Writing the page.")
    values = {
        **_heading(request, found),
        "kinds": _kinds(request, found, examples, gathered),
        "num_more_kinds": len(found.order) - len(kinds),
        "overlays": _overlays(request, found, gathered),
        "num_missing": gathered.missing,
        **_pictures(request, found),
        **_training(request),
        "evaluations": _evaluations(request),
    }
    page = _environment().get_template("report.html").render(values)
    if control.stop_requested:
        raise Cancelled
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Names of files that are not text are shown with question marks.
        write_bytes(out, page.encode("utf-8", "replace"))
    except OSError as error:
        raise SourceError(f"{out} cannot be written: {error.strerror or error}.") from error


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(resource("pages")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: _CONTROL.sub("�", value) if type(value) is str else value,
    )


def _heading(request: PageRequest, found: Counted) -> dict[str, Any]:
    analysis, info = request.analysis, request.info
    data = words.data_name(analysis.source)
    num, pictures = len(found.rows), len(analysis.picture_names)
    trained = words.data_name(info.config.data.source)
    return {
        "title": request.title.strip() or f"{info.name} on {data}",
        "model": info.name,
        "data": data,
        "num_points": num,
        "num_pictures": pictures,
        "num_kinds": len(found.order),
        "mean": curves.short(num / max(1, pictures)),
        "date": dt.datetime.now().astimezone().strftime("%d %B %Y, %H:%M"),
        "facts": [
            ("Model", info.name),
            ("Learned from", trained),
            ("Steps of training", f"{info.step:,}" if info.step else "none: kinds were discovered"),
            ("Fingerprint of the weights", info.fingerprint),
            ("Numbers learned", f"{info.num_parameters:,}"),
            ("Kinds the model knows", str(len(info.prototypes))),
            ("Points per picture, at most", str(info.config.keypoints.num_keypoints)),
            ("Seed", str(info.config.run.seed)),
            ("Pictures", f"{data}: {pictures:,} of {words.sizes_text(analysis)}"),
            ("Computed on", info.device),
            ("Written by", words.versions()),
        ],
        "settings": words.settings_rows(info.config),
        "command": words.shorten(request.command),
    }


def _kinds(
    request: PageRequest,
    found: Counted,
    examples: dict[int, list[int]],
    gathered: Gathered,
) -> list[dict[str, Any]]:
    names, analysis = request.names.names, request.analysis
    total, pictures = max(1, len(found.rows)), max(1, len(analysis.picture_names))
    looks = None if request.looks is None else common_middle(request.looks)
    listed = []
    for kind, rows in examples.items():
        mine = found.rows[found.kinds == kind]
        patches = [(gathered.patches[row], row) for row in rows if row in gathered.patches]
        listed.append(
            {
                "name": words.kind_name(kind, names),
                "colour": words.colour_text(kind),
                "count": len(mine),
                "share": f"{100 * len(mine) / total:.1f} %",
                "presence": f"{100 * (found.table[:, kind] > 0).sum() / pictures:.0f} %",
                "score": f"{float(analysis.scores[mine].mean()):.2f}",
                "look": _look(looks, kind),
                "patches": [
                    (patch, analysis.picture_names[int(analysis.picture[row])])
                    for patch, row in patches
                ],
            }
        )
    return listed


def _look(looks: NDArray[np.uint8] | None, kind: int) -> Shown | None:
    if looks is None or kind >= len(looks):
        return None
    picture = looks[kind]
    return inside(enlarged(picture, max(1, _LOOK_SIDE // max(picture.shape[:2]))), photo=False)


def _overlays(request: PageRequest, found: Counted, gathered: Gathered) -> list[dict[str, Any]]:
    names, analysis = request.names.names, request.analysis
    return [
        {
            "picture": picture,
            "name": analysis.picture_names[number],
            "seen": words.seen_text(found.table[number].tolist(), names),
            "count": int(found.table[number].sum()),
        }
        for number, picture in sorted(gathered.overlays.items())
    ]


def _pictures(request: PageRequest, found: Counted) -> dict[str, Any]:
    names, per_picture = request.analysis.picture_names, found.per_picture
    bars = histogram(per_picture)
    called = request.names.names
    listed = [
        (names[i], int(per_picture[i]), words.seen_text(found.table[i].tolist(), called))
        for i in spread(len(names), MOST_PICTURES)
    ]
    return {
        "bars": bars,
        "bars_text": _bars_text(bars),
        "label_every": -(-len(bars) // _MOST_LABELS),
        "tallest": max((bar.count for bar in bars), default=1),
        "pictures": listed,
        "num_more_pictures": len(names) - len(listed),
    }


def _bars_text(bars: tuple[Bar, ...]) -> str:
    parts = [f"{bar.label} points in {bar.count} pictures" for bar in bars if bar.count]
    return "; ".join(parts)


def _training(request: PageRequest) -> dict[str, Any]:
    run = curves.run_of(request.info.path)
    drawn = () if run is None else curves.curves_of(run)
    return {
        "curves": drawn,
        "curve_size": (curves.WIDTH, curves.HEIGHT),
        "short": curves.short,
    }


def _evaluations(request: PageRequest) -> list[dict[str, Any]]:
    return [
        {
            "protocol": report.protocol,
            "data": words.data_name(report.data),
            "rows": words.metric_rows(report),
            "has_reference": bool(report.reference),
            "counts": ", ".join(f"{k.replace('_', ' ')} {v:,}" for k, v in report.counts.items()),
            "worst": list(report.worst[:5]),
        }
        for report in request.evaluations
    ]
