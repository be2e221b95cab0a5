"""What each number of an evaluation is called and what it means, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

PROTOCOL_TEXTS: dict[str, tuple[str, str]] = {
    "mnist-hard": (
        "Find and classify",
        "mnist-hard: does every object get a keypoint, and do prototypes agree with classes?",
    ),
    "multi-object": (
        "Segments and properties",
        "multi-object: do layers cover one object each, and do prototypes tell their properties?",
    ),
    "landmarks": (
        "Landmarks by regression",
        "landmarks: how well can they be read off the keypoints, on people not seen?",
    ),
}

_RULES = {
    "bipartite": (
        "one to one",
        "each class belongs to one prototype and each prototype to one class",
    ),
    "many_to_one": ("many to one", "each prototype means its most frequent class"),
    "reverse": ("reverse", "each class is expected on its most frequent prototype"),
}
_HELD_OUT = "The mapping is chosen on one half of the pictures and scored on the other."


@dataclass(frozen=True, slots=True)
class MetricText:
    """How a metric is shown.

    Attributes:
        group: heading it stands under.
        name: in a few words.
        tip: one or two sentences.
        is_error: smaller is better.
    """

    group: str
    name: str
    tip: str
    is_error: bool = False


_KNOWN: dict[str, MetricText] = {
    "localisation": MetricText(
        "Finding", "Objects found", "Share of objects whose box a keypoint's box overlaps by half."
    ),
    "localisation_optimal": MetricText(
        "Finding",
        "Objects found, best matching",
        "The same with keypoints and objects matched so that as many as possible are found.",
    ),
    "nmi": MetricText(
        "Agreement without a mapping",
        "Mutual information",
        "Of prototypes and classes, normalised; 100 means that one tells the other.",
    ),
    "ari": MetricText(
        "Agreement without a mapping",
        "Adjusted Rand index",
        "Agreement of prototypes and classes over pairs; 0 is chance, 100 is perfect.",
    ),
    "released_localisation": MetricText(
        "As the released code counts", "Objects found", "Boxes must overlap by more than half."
    ),
    "released_classification": MetricText(
        "As the released code counts",
        "Classified, of those found",
        "Many to one, the mapping chosen on the pictures it is scored on.",
    ),
    "released_both": MetricText(
        "As the released code counts", "Found and classified", "Of all objects."
    ),
    "foreground_ari": MetricText(
        "Segments",
        "Foreground ARI",
        "Adjusted Rand index over the objects' pixels, each given to its strongest keypoint.",
    ),
    "foreground_ari_strict": MetricText(
        "Segments",
        "Foreground ARI, strict",
        "The same where the drawn background is one more segment: pixels left to it are errors.",
    ),
    "coverage": MetricText(
        "Properties, paper's rule",
        "Coverage",
        "Share of objects that at least one keypoint shows by more than 0.8 opacity.",
    ),
    "coverage_strict": MetricText(
        "Properties, strict", "Coverage", "Share of objects that a segment shows."
    ),
    "error_eye_distance": MetricText(
        "Error", "Mean, of the eyes' distance", "As in the paper, in shares of the sides.", True
    ),
    "error_eye_distance_pixels": MetricText(
        "Error", "Mean, of the eyes' distance in pixels", "For pictures that are not square.", True
    ),
    "error_image_size": MetricText("Error", "Mean, of the picture's size", "", True),
    "error_median": MetricText("Error", "Median", "Half of the landmarks are nearer.", True),
    "mean_shape_error": MetricText(
        "Error",
        "Always answering the mean",
        "What a model that sees nothing would get: the line to beat.",
        True,
    ),
}  # fmt: skip


def metric_text(name: str) -> MetricText:
    """Return how the metric ``name`` of an evaluation report is shown."""
    if name in _KNOWN:
        return _KNOWN[name]
    for rule, (words, meaning) in _RULES.items():
        if name == f"classification_{rule}":
            tip = f"Of the objects found; {meaning}. {_HELD_OUT}"
            return MetricText("Classes", f"Classified, {words}", tip)
        if name == f"both_{rule}":
            tip = f"Of all objects; {meaning}. {_HELD_OUT}"
            return MetricText("Classes", f"Found and classified, {words}", tip)
    if name.startswith("error_"):
        landmark = name.removeprefix("error_").replace("_", " ")
        return MetricText("Error of each landmark", landmark.capitalize(), "", True)
    if name.endswith("_strict"):
        what = name.removesuffix("_strict")
        tip = f"Of all objects, a missed one is an error; at most one keypoint each. {_HELD_OUT}"
        return MetricText("Properties, strict", what.capitalize(), tip)
    tip = "Of the keypoints that show an object; each prototype means its most frequent value."
    return MetricText("Properties, paper's rule", name.replace("_", " ").capitalize(), tip)
