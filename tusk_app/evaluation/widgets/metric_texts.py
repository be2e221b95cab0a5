"""What each number of an evaluation is called and what it means, in one sentence."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from tusk_app.parts.words import say

PROTOCOL_TEXTS: dict[str, tuple[str, str]] = {
    "detection": (
        "Find things",
        "detection: is every thing found, is every [point] on a thing, are [kinds] told apart?",
    ),
    "presence": (
        "With and without the subject",
        "presence: does the best score tell pictures with the subject from empty ones?",
    ),
    "tracking": (
        "Individuals over time",
        "tracking: is everybody found, and is each the same individual all the time?",
    ),
    "mnist-hard": (
        "Find and classify",
        "mnist-hard: does every object get a [point], and do [kinds] agree with classes?",
    ),
    "multi-object": (
        "Segments and properties",
        "multi-object: do layers cover one object each, and do [kinds] tell their properties?",
    ),
    "landmarks": (
        "Landmarks by regression",
        "landmarks: how well can they be read off the [points], on people not seen?",
    ),
}

_RULES = {
    "bipartite": (
        "one to one",
        "each class belongs to one [kind] and each [kind] to one class",
    ),
    "many_to_one": ("many to one", "each [kind] means its most frequent class"),
    "reverse": ("reverse", "each class is expected on its most frequent [kind]"),
}
_HELD_OUT = "The mapping is chosen on one half of the pictures and scored on the other."


# Headings of what detection counts in three ways, by the prefix of the names.
_FINDING = {
    "": "Finding",
    "best_": "At the best threshold of the other half",
    "steered_": "With the best [kinds] kept and joined by labels of the other half",
}


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
    "idf1": MetricText(
        "Individuals over time",
        "Identity, F1",
        "Sightings with the right identity all over the video, by the best naming of the tracks.",
    ),
    "hota": MetricText(
        "Individuals over time",
        "Higher order accuracy",
        "Finding and keeping identity in one number (HOTA), mean over how near a match must be.",
    ),
    "hota_detection": MetricText(
        "Individuals over time", "HOTA, finding", "The part of HOTA that asks who is found."
    ),
    "hota_association": MetricText(
        "Individuals over time",
        "HOTA, keeping identity",
        "The part of HOTA that asks whether those found keep their identity.",
    ),
    "swaps_per_minute": MetricText(
        "Individuals over time",
        "Swaps in a minute",
        "How often an individual is taken for another one than before.",
        is_error=True,
    ),
    "seen": MetricText(
        "Individuals over time", "Sightings found", "Share of true sightings with a track near."
    ),
    "localisation": MetricText(
        "Finding", "Objects found", "Share of objects whose box a [point]'s box overlaps by half."
    ),
    "localisation_optimal": MetricText(
        "Finding",
        "Objects found, best matching",
        "The same with [points] and objects matched so that as many as possible are found.",
    ),
    "nmi": MetricText(
        "Agreement without a mapping",
        "Mutual information",
        "Of [kinds] and classes, normalised; 100 means that one tells the other.",
    ),
    "ari": MetricText(
        "Agreement without a mapping",
        "Adjusted Rand index",
        "Agreement of [kinds] and classes over pairs; 0 is chance, 100 is perfect.",
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
        "Adjusted Rand index over the objects' pixels, each given to its strongest [point].",
    ),
    "foreground_ari_strict": MetricText(
        "Segments",
        "Foreground ARI, strict",
        "The same where the drawn background is one more segment: pixels left to it are errors.",
    ),
    "coverage": MetricText(
        "Properties, paper's rule",
        "Coverage",
        "Share of objects that at least one [point] shows by more than 0.8 opacity.",
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
    "error_peaks": MetricText(
        "Error",
        "From the best [kinds]' peaks, no bias",
        "Each of the best [kinds] gives its best peak; [kinds] are ranked without labels.",
        True,
    ),
    "error_peaks_affine": MetricText(
        "Error",
        "From the best [kinds]' peaks, affine",
        "The same through a map that may also answer the mean.",
        True,
    ),
    "error_affine": MetricText(
        "Error", "Affine map", "Of a map that may answer the mean and sees what is absent.", True
    ),
    "error_peaks_width": MetricText(
        "Error, of the picture's width", "From the best [kinds]' peaks, no bias", "In pixels.", True
    ),
    "error_peaks_affine_width": MetricText(
        "Error, of the picture's width", "From the best [kinds]' peaks, affine", "In pixels.", True
    ),
    "error_mean_shape_width": MetricText(
        "Error, of the picture's width", "Always answering the mean", "The line to beat.", True
    ),
    "found": MetricText(
        "Finding", "Things found", "Share of the things that have a [point] of their own."
    ),
    "right": MetricText(
        "Finding",
        "[Points] that are right",
        "Share of the [points] that found a thing; a second one on the same thing is wrong.",
    ),
    "f1": MetricText("Finding", "Both (F1)", "Harmonic mean of the two above."),
    "on_any_object": MetricText(
        "Finding", "[Points] on a thing", "The same, but several may share one thing."
    ),
    "kinds_majority": MetricText(
        "[Kinds]",
        "[Kinds] told apart",
        "Of the things found, how many have a [point] whose [kind] means their class: its most "
        f"frequent one. {_HELD_OUT}",
    ),
    "kinds_balanced": MetricText(
        "Kinds", "[Kinds] told apart, every class alike", "The mean over classes of the same share."
    ),
    "area_under_curve": MetricText(
        "Presence",
        "Area under the curve",
        "How often a picture with the subject has a better best score than one without; 50 is "
        "chance.",
    ),
    "subject_seen": MetricText(
        "Presence", "Subject seen", "Pictures with it that have a [point] above the threshold."
    ),
    "empty_left_empty": MetricText(
        "Presence", "Empty left empty", "Pictures without it that have none above the threshold."
    ),
    "mean_shape_error": MetricText(
        "Error",
        "Always answering the mean",
        "What a model that sees nothing would get: the line to beat.",
        True,
    ),
}  # fmt: skip


def metric_text(name: str) -> MetricText:
    """Return how the metric ``name`` of an evaluation report is shown."""
    known = _KNOWN.get(name) or _finding_text(name) or _class_text(name)
    if known is not None:
        return dataclasses.replace(
            known, group=say(known.group), name=say(known.name), tip=say(known.tip)
        )
    if name.startswith("error_"):
        landmark = name.removeprefix("error_").replace("_", " ")
        return MetricText("Error of each landmark", landmark.capitalize(), "", True)
    if name.endswith("_strict"):
        what = name.removesuffix("_strict")
        tip = say(
            f"Of all objects, a missed one is an error; at most one [point] each. {_HELD_OUT}"
        )
        return MetricText("Properties, strict", what.capitalize(), tip)
    tip = say("Of the [points] that show an object; each [kind] means its most frequent value.")
    return MetricText("Properties, paper's rule", name.replace("_", " ").capitalize(), tip)


def _finding_text(name: str) -> MetricText | None:
    for prefix, group in _FINDING.items():
        if name.startswith(f"{prefix}found_"):
            what = name.removeprefix(f"{prefix}found_").replace("_", " ")
            return MetricText(group, f"{what} found", "Share of this class that was found.")
        if prefix and name.startswith(prefix) and (known := _KNOWN.get(name.removeprefix(prefix))):
            return MetricText(group, known.name, known.tip)
    return None


def _class_text(name: str) -> MetricText | None:
    for rule, (words, meaning) in _RULES.items():
        if name == f"classification_{rule}":
            tip = f"Of the objects found; {meaning}. {_HELD_OUT}"
            return MetricText("Classes", f"Classified, {words}", tip)
        if name == f"both_{rule}":
            tip = f"Of all objects; {meaning}. {_HELD_OUT}"
            return MetricText("Classes", f"Found and classified, {words}", tip)
    return None
