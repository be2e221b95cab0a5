"""What tools/tables.py trains and shows: rows of the ablations, columns of every protocol."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# What every row starts from: the preset with the paper's equivariance, which the preset leaves out.
ALL_TERMS = {"losses.equivariance_weight": 0.1, "losses.heatmap_equivariance_weight": 0.01}
# Terms that pull descriptors towards prototypes; the preset's own is the information term.
NO_CLUSTER_TERM = {"losses.kmeans_weight": 0.0, "losses.information_weight": 0.0}
PAPERS_TERM = {"losses.kmeans_weight": 0.01, "losses.information_weight": 0.0}
NO_EQUIVARIANCE = {"losses.equivariance_weight": 0.0, "losses.heatmap_equivariance_weight": 0.0}
# With the k-means weight at 0 the codes would have no hold on the descriptors at all.
CODES = {"prototypes.method": "vector-quantisation", "losses.kmeans_weight": 0.25}


@dataclass(frozen=True)
class Row:
    """One line of an ablation table: what it is called, what it changes, what the paper has.

    ``paper`` is classification, localisation, both, in per cent; None where the paper has no
    such line, or prints figures that cannot be.
    """

    table: str
    name: str
    changes: Mapping[str, object] = field(default_factory=dict)
    paper: tuple[float | None, float | None, float | None] = (None, None, None)


FULL_PAPER = (92.8, 99.9, 92.8)
ROWS = (
    Row("4", "reconstruction alone",
        {**NO_CLUSTER_TERM, **NO_EQUIVARIANCE, "losses.sliced_wasserstein_weight": 0.0},
        (10.3, 99.9, 10.3)),
    Row("4", "and sliced Wasserstein", {**NO_CLUSTER_TERM, **NO_EQUIVARIANCE}, (40.7, 99.9, 40.7)),
    Row("4", "and cluster term: the preset", NO_EQUIVARIANCE, (78.4, 99.6, 78.0)),
    Row("4", "all, trained jointly", {"losses.joint": True}, (71.6, 99.9, 71.6)),
    Row("4", "all, iterative training", {}, FULL_PAPER),
    Row("5", "M = 5, fewer than classes", {"prototypes.num_prototypes": 5}, (47.4, 90.8, 43.0)),
    Row("5", "M = 10", {"prototypes.num_prototypes": 10}, FULL_PAPER),
    Row("5", "M = 20", {"prototypes.num_prototypes": 20}, (87.7, 99.9, 87.7)),
    Row("5", "M = 50", {"prototypes.num_prototypes": 50}),
    # The paper's text prints 21.1 / 99.5 / 99.9 here; both cannot exceed classification.
    Row("6", "k-means in place of sliced Wasserstein", {"prototypes.method": "k-means"},
        (21.1, 99.5, None)),
    Row("6", "vector quantisation", CODES, (23.7, 65.3, 15.3)),
    Row("6", "sliced Wasserstein", {"prototypes.method": "sliced-wasserstein"},
        FULL_PAPER),
    Row("6p", "k-means in place of sliced Wasserstein, the paper's cluster term",
        {**PAPERS_TERM, "prototypes.method": "k-means"}, (21.1, 99.5, None)),
    Row("6p", "vector quantisation, the paper's cluster term", {**PAPERS_TERM, **CODES},
        (23.7, 65.3, 15.3)),
    Row("6p", "sliced Wasserstein, the paper's cluster term", PAPERS_TERM, FULL_PAPER),
    Row("ours", "all terms", {}),
    Row("ours", "no equivariance: the preset", NO_EQUIVARIANCE),
    Row("ours", "equivariance of the features alone", {"losses.heatmap_equivariance_weight": 0.0}),
    Row("ours", "equivariance of the heat map alone", {"losses.equivariance_weight": 0.0}),
    Row("ours", "no cluster term at all", NO_CLUSTER_TERM),
    Row("ours", "narrow suppression window (7 cells for 9)", {"keypoints.nms_window": 7}),
    Row("ours", "prototypes see the last batch alone", {"prototypes.bank_size": 0}),
    Row("ours", "no keypoint put where something was missed", {"keypoints.explore_missed": 0.0}),
    Row("ours", "weak warps", {
        "pair.second.scale_jitter": 0.05, "pair.second.bend": 0.05, "pair.second.rotation": 0.2}),
    Row("ours", "no presence", {"decoder.presence": False}),
    Row("ours", "channel-wise, one map per keypoint",
        {"keypoints.detector": "channel-wise", "prototypes.num_prototypes": 9},
        (75.5, 25.4, 24.8)),
)  # fmt: skip
TITLES = {
    "4": "Loss terms and training (the paper's Table 4)",
    "5": "Number of prototypes (Table 5)",
    "6": "Clustering (Table 6), our cluster term",
    "6p": "Clustering (Table 6), the paper's cluster term",
    "ours": "Switches of this program",
}
COLUMNS = (
    ("released_classification", "classification"),
    ("released_localisation", "localisation"),
    ("released_both", "both"),
)
BESIDE = (
    ("classification_bipartite", "bipartite"),
    ("joined_bipartite", "bipartite, joined"),
    ("classification_reverse", "reverse"),
    ("nmi", "NMI"),
)

# Figures of each protocol with their headings.
SHOWN = {
    "detection": (
        ("found", "found"), ("right", "right"), ("f1", "F1"),
        ("kinds_majority", "kinds"), ("kinds_balanced", "kinds, balanced"),
        ("best_found", "found, best threshold"), ("best_right", "right, best threshold"),
        ("steered_found", "found, steered"), ("steered_right", "right, steered"),
    ),
    "presence": (
        ("area_under_curve", "area"), ("subject_seen", "seen"), ("empty_left_empty", "left empty"),
    ),
    "mnist-hard": (
        *COLUMNS, ("classification_bipartite", "bipartite"), ("both_bipartite", "both, bipartite"),
        ("nmi", "NMI"), ("ari", "ARI"),
    ),
    "multi-object": (
        ("foreground_ari", "foreground ARI"), ("shape", "shape"), ("colour", "colour"),
        ("size", "size"), ("coverage", "coverage"), ("foreground_ari_strict", "ARI, strict"),
        ("shape_strict", "shape, strict"), ("colour_strict", "colour, strict"),
    ),
    "landmarks": (
        ("error_eye_distance", "error / eyes"), ("error_image_size", "error / size"),
        ("error_affine", "affine map"), ("error_peaks", "peaks"),
        ("error_peaks_affine", "peaks, affine"), ("error_peaks_affine_width", "peaks / width"),
        ("mean_shape_error", "mean shape"), ("error_mean_shape_width", "mean shape / width"),
        ("error_median", "median"),
        ("error_left_eye", "left eye"), ("error_right_eye", "right eye"), ("error_nose", "nose"),
        ("error_left_mouth", "left mouth"), ("error_right_mouth", "right mouth"),
    ),
}  # fmt: skip
