"""What an evaluation is asked and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field

# Ways to score a model; see ``tusk_core.evaluation``.
PROTOCOLS = ("detection", "landmarks", "mnist-hard", "multi-object", "presence", "tracking")


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """What some protocols need beside model and data.

    Attributes:
        truth: file with the ground truth of the data, COCO (.json) or points (.csv), for
            ``tracking`` also SLEAP (.slp); empty where the data bring their own.
        radius: ``detection``: a keypoint within this many pixels of a centre is on the object; 0
            goes by the middle half of its box. ``tracking``: an individual this near to its true
            place is right; 0 takes half the usual distance of neighbours.
        empty: ``presence``: a source of pictures without the subject.
        min_score: ``detection`` and ``presence``: threshold, [0, 1]; None takes the model's own.
        num_keypoints: keypoints in a picture; None takes the model's own number.
        fit_share: ``landmarks``: share of the people to fit on where no other source is given.
        factored: ``multi-object``: also sort the layers by colour and by form, each by itself.
    """

    truth: str = ""
    radius: float = 0.0
    empty: str = ""
    min_score: float | None = None
    num_keypoints: int | None = None
    fit_share: float = 0.7
    factored: bool = False


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Numbers of one model on one data set by one protocol.

    Attributes:
        protocol: one of ``api.evaluation_protocols``.
        model: name or path.
        data: name or path.
        metrics: name -> value; percentages in [0, 100].
        intervals: name -> 95 % interval, bootstrap over pictures.
        reference: the paper's figure where one exists.
        counts: pictures, objects, detections and so on.
        tables: named tables (confusion matrices): rows, columns, values.
        worst: picture names, worst first.
        columns: names of the columns of a table, where they have any.
    """

    protocol: str
    model: str
    data: str
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    reference: dict[str, float]
    counts: dict[str, int]
    tables: dict[str, list[list[float]]] = field(default_factory=dict)
    worst: tuple[str, ...] = ()
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
