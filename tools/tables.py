"""Make the tables of docs/results.md again: ablations, and models and baselines side by side.

    python tools/tables.py list
    python tools/tables.py ablations --steps 800 --out build/tables/ablations.json
    python tools/tables.py ablations --tables 4,5 --seeds 0,1,2 --steps 4000 --out a.json
    python tools/tables.py compare digits baseline:corners baseline:random \
        --data "sample:digits?count=300&seed=99" --protocol mnist-hard --out digits.json
    python tools/tables.py page
    python tools/tables.py add report.json --table digits --name "seed 3" --seed 3

`ablations` trains one row after another with the preset's settings, the paper's equivariance and
one thing changed, scores each on the test pictures and keeps it in the JSON file at once. Rows that
are in the file already (same settings, seed and data) are not trained again, so a run that was cut
off continues where it was. `compare` scores models and baselines that are there. Both write a
Markdown table beside the JSON file, with the paper's figure where there is one. `page` writes the
tables of docs/results*.md from the records in docs/results, `add` puts a report of `tusk evaluate`
into such a record (`tools/result_tables.py` says what is in one).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import platform
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from result_tables import add_parsers
from table_rows import ALL_TERMS, BESIDE, COLUMNS, ROWS, SHOWN, TITLES, Row

from tusk_core import api
from tusk_core.atomic import write_text
from tusk_core.config import ConfigError, TrainConfig, load_preset, parse_assignment, replaced
from tusk_core.control import RunControl
from tusk_core.events import RunFinished, StepDone
from tusk_core.results import EvaluationReport, TuskError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Facts = dict[str, Any]


def key_of(facts: Facts) -> str:
    """Return a short name for settings, seed and data, the same on every machine."""
    text = json.dumps(facts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_done(path: Path) -> dict[str, Facts]:
    """Return results that are there already, by key; a file that is not such a table is refused."""
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["results"])
    except (ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{path} is not a table of this script; choose another --out.") from error


def write_done(path: Path, done: Mapping[str, Facts], markdown: str) -> None:
    """Write results, and the tables made of them beside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    note = {"machine": f"{platform.machine()}, {platform.system()}", "results": done}
    write_text(path, json.dumps(note, indent=1, ensure_ascii=False) + "\n")
    write_text(path.with_suffix(".md"), markdown)


def last_report(job: Iterable[object]) -> EvaluationReport:
    """Return what an evaluation ended with."""
    return [item for item in job if isinstance(item, EvaluationReport)][-1]


def facts_of(report: EvaluationReport) -> Facts:
    """Return the finite figures of a report, their intervals and the paper's, rounded."""
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
    """Return rows of the tables asked for whose name has one of the given words in it."""
    wanted = [one.strip() for one in tables.split(",") if one.strip()] or list(TITLES)
    unknown = [one for one in wanted if one not in TITLES]
    if unknown:
        raise SystemExit(f"There is no table {', '.join(unknown)}; there are {', '.join(TITLES)}.")
    words = [one.strip() for one in names.split(",") if one.strip()]
    rows = [row for row in ROWS if row.table in wanted]
    return [row for row in rows if not words or any(word in row.name for word in words)]


def row_config(row: Row, arguments: argparse.Namespace, seed: int) -> TrainConfig:
    """Return the preset with all terms, the row's changes and those typed after --set."""
    typed = dict(parse_assignment(text) for text in arguments.set)
    base = {"optim.steps": arguments.steps, "run.seed": seed, "data.source": arguments.data}
    return replaced(load_preset(arguments.preset), {**base, **ALL_TERMS, **typed, **row.changes})


def train_row(
    config: TrainConfig, arguments: argparse.Namespace, name: str
) -> tuple[Path, int, float]:
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
    """Train and score every row that is not there yet."""
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


def joined_metrics(model: Path, test: str, config: TrainConfig, report: EvaluationReport) -> Facts:
    """Return classification one to one, prototypes joined until there are as many as classes."""
    classes = report.counts["classes"]
    if config.prototypes.num_prototypes <= classes:
        return {}
    joined = last_report(api.evaluate(model, test, "mnist-hard", groups=classes))
    value = joined.metrics["classification_bipartite"]
    return {"joined_bipartite": round(value, 3)} if math.isfinite(value) else {}


def summary(result: Facts) -> str:
    """Return the figures of a row in a line."""
    metrics = result["metrics"]
    known = [(name, title) for name, title in (*COLUMNS, *BESIDE) if name in metrics]
    return ", ".join(f"{title} {metrics[name]:.1f}" for name, title in known)


def ablation_text(
    rows: Sequence[Row],
    seeds: Sequence[int],
    arguments: argparse.Namespace,
    done: Mapping[str, Facts],
) -> str:
    """Return the Markdown of all tables that were asked for."""
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
    """Return a key that rows of several tables with the same settings share."""
    settings = config.model_dump(mode="json", exclude={"description", "preset", "config_schema"})
    return key_of({"settings": settings, "test": test})


def ablation_line(row: Row, results: Sequence[Facts]) -> str:
    """Return the line of a table: mean and range over the seeds, the paper's beside."""
    cells = []
    for place, (metric, _) in enumerate((*COLUMNS, *BESIDE)):
        paper = row.paper[place] if place < len(COLUMNS) else None
        beside = f" ({paper:.1f})" if paper is not None else ""
        cells.append(spread([one["metrics"].get(metric) for one in results]) + beside)
    minutes = spread([one["seconds"] / 60 for one in results])
    return f"| {row.name} | " + " | ".join(cells) + f" | {minutes} |"


def spread(values: Sequence[float | None]) -> str:
    """Return one number, or the mean of several seeds with the smallest and the largest."""
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    if len(known) == 1:
        return f"{known[0]:.1f}"
    return f"{sum(known) / len(known):.1f} [{min(known):.1f}, {max(known):.1f}]"


# -- models and baselines side by side


def compare(arguments: argparse.Namespace) -> None:
    """Score models and baselines that are not scored yet."""
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


def compare_text(arguments: argparse.Namespace, results: Sequence[Facts]) -> str:
    """Return Markdown: one line a model, the interval under each figure, the paper's line first."""
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
    """Return the parser of the script's words."""
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
    add_parsers(commands)
    return top


def main(argv: list[str] | None = None) -> None:
    """Make the tables that were asked for."""
    arguments = parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except (TuskError, ConfigError) as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
