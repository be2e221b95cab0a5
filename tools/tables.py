"""Make the tables of docs/results.md again: ablations, and models and baselines side by side.

    python tools/tables.py list
    python tools/tables.py ablations --steps 800 --out build/tables/ablations.json
    python tools/tables.py ablations --tables 4,5 --seeds 0,1,2 --steps 4000 --out a.json
    python tools/tables.py compare digits baseline:corners baseline:random \
        --data "sample:digits?count=300&seed=99" --protocol mnist-hard --out digits.json

`ablations` trains one row after another with the preset's settings, the paper's equivariance and
one thing changed, scores each on the test pictures and keeps it in the JSON file at once. Rows that
are in the file already (same settings, seed and data) are not trained again, so a run that was cut
off continues where it was. `compare` scores models and baselines that are there. Both write a
Markdown table beside the JSON file, with the paper's figure where there is one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import platform
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tusk_core import api
from tusk_core.atomic import write_text
from tusk_core.config import ConfigError, TrainConfig, load_preset, parse_assignment, replaced
from tusk_core.control import RunControl
from tusk_core.events import RunFinished, StepDone
from tusk_core.results import EvaluationReport, TuskError

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
    changes: dict[str, object] = field(default_factory=dict)
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


def key_of(facts: dict) -> str:
    """A short name for settings, seed and data, the same on every machine."""
    text = json.dumps(facts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_done(path: Path) -> dict[str, dict]:
    """Results that are there already, by key; a file that is not such a table is refused."""
    if not path.exists():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))["results"]
    except (ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{path} is not a table of this script; choose another --out.") from error


def write_done(path: Path, done: dict[str, dict], markdown: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    note = {"machine": f"{platform.machine()}, {platform.system()}", "results": done}
    write_text(path, json.dumps(note, indent=1, ensure_ascii=False) + "\n")
    write_text(path.with_suffix(".md"), markdown)


def last_report(job) -> EvaluationReport:
    return [item for item in job if isinstance(item, EvaluationReport)][-1]


def facts_of(report: EvaluationReport) -> dict:
    known = [name for name, value in report.metrics.items() if math.isfinite(value)]
    return {
        "metrics": {name: round(report.metrics[name], 3) for name in known},
        "intervals": {
            name: [round(end, 3) for end in report.intervals[name]]
            for name in known
            if name in report.intervals
        },
        "reference": dict(report.reference),
        "counts": dict(report.counts),
    }


# -- ablations


def chosen_rows(tables: str, names: str) -> list[Row]:
    """Rows of the tables asked for whose name has one of the given words in it."""
    wanted = [one.strip() for one in tables.split(",") if one.strip()] or list(TITLES)
    unknown = [one for one in wanted if one not in TITLES]
    if unknown:
        raise SystemExit(f"There is no table {', '.join(unknown)}; there are {', '.join(TITLES)}.")
    words = [one.strip() for one in names.split(",") if one.strip()]
    rows = [row for row in ROWS if row.table in wanted]
    return [row for row in rows if not words or any(word in row.name for word in words)]


def row_config(row: Row, arguments: argparse.Namespace, seed: int):
    """The preset with all terms, the row's changes and those typed after --set."""
    typed = dict(parse_assignment(text) for text in arguments.set)
    base = {"optim.steps": arguments.steps, "run.seed": seed, "data.source": arguments.data}
    return replaced(load_preset(arguments.preset), {**base, **ALL_TERMS, **typed, **row.changes})


def train_row(config, arguments: argparse.Namespace, name: str) -> tuple[Path, int, float]:
    """Train to the end; returns the best checkpoint, its run's last step and its seconds."""
    seconds, shown, end = 0.0, 0.0, None
    for event in api.train(config, RunControl(), run_root=arguments.run_root, name=name):
        if isinstance(event, StepDone):
            seconds = event.elapsed
            if time.monotonic() - shown > 30:
                shown = time.monotonic()
                print(f"    step {event.step} of {config.optim.steps}", flush=True)
        elif isinstance(event, RunFinished):
            end = event
    if end is None or end.reason == "stopped" or end.model_dir is None:
        raise SystemExit("The training ended before its time; this row is not noted.")
    return end.model_dir, end.step, seconds


def ablations(arguments: argparse.Namespace) -> None:
    rows = chosen_rows(arguments.tables, arguments.rows)
    seeds = [int(one) for one in arguments.seeds.split(",")]
    done = read_done(arguments.out)
    work = [(row, seed) for seed in seeds for row in rows]
    for number, (row, seed) in enumerate(work, 1):
        config = row_config(row, arguments, seed)
        key = row_key(config, arguments.test)
        title = f"[{number}/{len(work)}] table {row.table}, {row.name}, seed {seed}"
        if key in done:
            print(f"{title}: is there already")
            continue
        print(title, flush=True)
        model, steps, seconds = train_row(config, arguments, f"table{row.table}-{key}")
        report = last_report(api.evaluate(model, arguments.test, "mnist-hard"))
        facts = facts_of(report)
        facts["metrics"] |= joined_metrics(model, arguments.test, config, report)
        done[key] = {
            "name": row.name, "changes": row.changes, "preset": arguments.preset, "seed": seed,
            "steps": steps, "seconds": round(seconds, 1), "data": arguments.data,
            "test": arguments.test, "model": str(model), "set": arguments.set, **facts,
        }  # fmt: skip
        write_done(arguments.out, done, ablation_text(rows, seeds, arguments, done))
        print(f"    {summary(done[key])}", flush=True)
    markdown = ablation_text(rows, seeds, arguments, done)
    write_done(arguments.out, done, markdown)
    print("\n" + markdown)


def joined_metrics(model: Path, test: str, config: TrainConfig, report: EvaluationReport) -> dict:
    """Classification one to one after joining prototypes that are alike, as many as classes."""
    classes = report.counts["classes"]
    if config.prototypes.num_prototypes <= classes:
        return {}
    joined = last_report(api.evaluate(model, test, "mnist-hard", groups=classes))
    value = joined.metrics["classification_bipartite"]
    return {"joined_bipartite": round(value, 3)} if math.isfinite(value) else {}


def summary(result: dict) -> str:
    metrics = result["metrics"]
    known = [(name, title) for name, title in (*COLUMNS, *BESIDE) if name in metrics]
    return ", ".join(f"{title} {metrics[name]:.1f}" for name, title in known)


def ablation_text(rows, seeds, arguments, done) -> str:
    """The Markdown of all tables that were asked for."""
    head = (
        f"Preset `{arguments.preset}`, {arguments.steps} steps, seeds "
        f"{', '.join(map(str, seeds))}; trained on `{arguments.data}`, scored on "
        f"`{arguments.test}`. Classification, localisation and both by the released counting "
        "rule, *bipartite* with one prototype for each class (*joined*: after prototypes that "
        "are alike were joined until there are as many as classes) and *reverse* with one for "
        "each class that several classes may share, chosen on one half of the pictures and "
        "scored on the other; the paper's figures, at its full training, in brackets."
    )
    lines = [head]
    for table in dict.fromkeys(row.table for row in rows):
        titles = [title for _, title in (*COLUMNS, *BESIDE)]
        lines += ["", f"### {TITLES[table]}", "", "| | " + " | ".join(titles) + " | min |",
                  "|---" * (len(titles) + 2) + "|"]  # fmt: skip
        for row in rows:
            if row.table != table:
                continue
            results = [
                one
                for seed in seeds
                if (one := done.get(row_key(row_config(row, arguments, seed), arguments.test)))
            ]
            lines.append(ablation_line(row, results))
    return "\n".join(lines) + "\n"


def row_key(config: TrainConfig, test: str) -> str:
    """Rows of several tables with the same settings are one row."""
    settings = config.model_dump(mode="json", exclude={"description", "preset", "config_schema"})
    return key_of({"settings": settings, "test": test})


def ablation_line(row: Row, results: list[dict]) -> str:
    cells = []
    for place, (metric, _) in enumerate((*COLUMNS, *BESIDE)):
        paper = row.paper[place] if place < len(COLUMNS) else None
        beside = f" ({paper:.1f})" if paper is not None else ""
        cells.append(spread([one["metrics"].get(metric) for one in results]) + beside)
    minutes = spread([one["seconds"] / 60 for one in results])
    return f"| {row.name} | " + " | ".join(cells) + f" | {minutes} |"


def spread(values: list[float | None]) -> str:
    """One number, or the mean of several seeds with the smallest and the largest."""
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    if len(known) == 1:
        return f"{known[0]:.1f}"
    return f"{sum(known) / len(known):.1f} [{min(known):.1f}, {max(known):.1f}]"


# -- models and baselines side by side

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


def compare(arguments: argparse.Namespace) -> None:
    done = read_done(arguments.out)
    wanted = []
    for model in arguments.models:
        key = key_of({"model": model, "data": arguments.data, "protocol": arguments.protocol,
                      "fit": arguments.fit, "seed": arguments.seed})  # fmt: skip
        wanted.append(key)
        if key in done and not arguments.again:
            print(f"{model}: is there already")
            continue
        begin = time.monotonic()
        print(model, flush=True)
        job = api.evaluate(
            model, arguments.data, arguments.protocol, seed=arguments.seed, fit=arguments.fit
        )
        report = last_report(job)
        done[key] = {
            "name": model, "data": arguments.data, "fit": arguments.fit,
            "protocol": arguments.protocol, "seed": arguments.seed,
            "seconds": round(time.monotonic() - begin, 1),
            **facts_of(report),
        }  # fmt: skip
        write_done(arguments.out, done, "")
    markdown = compare_text(arguments, [done[key] for key in wanted])
    write_done(arguments.out, done, markdown)
    print("\n" + markdown)


def compare_text(arguments: argparse.Namespace, results: list[dict]) -> str:
    """Markdown: one line a model, the interval under each figure, the paper's line first."""
    metrics: dict[str, float] = {}
    for result in results:
        metrics |= result["metrics"]
    columns = [pair for pair in SHOWN[arguments.protocol] if pair[0] in metrics]
    fitted = f", fitted on `{arguments.fit}`" if arguments.fit else ""
    head = (
        f"Protocol `{arguments.protocol}` on `{arguments.data}`{fitted}, seed {arguments.seed}; "
        "95 % intervals in brackets, bootstrapped over pictures."
    )
    lines = [
        head,
        "",
        "| | " + " | ".join(title for _, title in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    reference = results[0]["reference"] if results else {}
    if reference:
        cells = [f"{reference[n]:.1f}" if n in reference else "" for n, _ in columns]
        lines.append("| paper | " + " | ".join(cells) + " |")
    for result in results:
        cells = []
        for name, _ in columns:
            value = result["metrics"].get(name)
            ends = result["intervals"].get(name)
            beside = f" ({ends[0]:.1f} – {ends[1]:.1f})" if ends else ""
            cells.append("–" if value is None else f"{value:.1f}{beside}")
        lines.append(f"| `{result['name']}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def show_rows(_: argparse.Namespace) -> None:
    """Print every ablation row with what it changes."""
    for table, title in TITLES.items():
        print(f"{table}: {title}")
        for row in ROWS:
            if row.table == table:
                changes = ", ".join(f"{name}={value}" for name, value in row.changes.items())
                print(f"    {row.name}: {changes or 'nothing'}")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = top.add_subparsers(required=True)
    listing = commands.add_parser("list", help="every ablation row and what it changes")
    listing.set_defaults(run=show_rows)

    one = commands.add_parser("ablations", help="train and score the rows of Tables 4, 5 and 6")
    one.add_argument("--data", default="sample:digits?count=20000&seed=1", help="to train on")
    one.add_argument("--test", default="sample:digits?count=300&seed=99", help="to score on")
    one.add_argument("--preset", default="quick-digits")
    one.add_argument("--steps", type=int, default=4000)
    one.add_argument("--seeds", default="0", help="such as 0,1,2")
    one.add_argument("--tables", default="", help=f"some of {','.join(TITLES)}; all by default")
    one.add_argument("--rows", default="", help="only rows with one of these words, by commas")
    one.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    one.add_argument("--run-root", type=Path, default=Path("runs/ablations"))
    one.add_argument("--out", type=Path, default=Path("build/tables/ablations.json"))
    one.set_defaults(run=ablations)

    two = commands.add_parser("compare", help="score models and baselines that are there")
    two.add_argument("models", nargs="+", help="model, run, bundled name or baseline:...")
    two.add_argument("--data", required=True)
    two.add_argument("--protocol", required=True, choices=tuple(SHOWN))
    two.add_argument("--fit", default="", help="landmarks: source of other people to fit on")
    two.add_argument("--seed", type=int, default=0)
    two.add_argument("--again", action="store_true", help="score again what is there already")
    two.add_argument("--out", type=Path, default=Path("build/tables/compare.json"))
    two.set_defaults(run=compare)
    return top


def main(argv: list[str] | None = None) -> None:
    arguments = parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except (TuskError, ConfigError) as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
