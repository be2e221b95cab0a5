"""``tusk info``: what a folder, a model, a run or a results file is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

SUMMARY = "Tell what a picture folder, model, run or results file is."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk info``."""
    parser.add_argument(
        "thing", metavar="THING", help="pictures, video, model, run, results file or bundled name"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Describe it; returns the exit status."""
    facts = describe(arguments.thing)
    if arguments.json:
        print(json.dumps(facts, indent=1, ensure_ascii=False, default=str))
        return 0
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        if value not in (None, "", [], {}):
            print(f"{name.replace('_', ' '):<{width}}  {_shown(value)}")
    return 0


def _shown(value: Any) -> str:
    if isinstance(value, list):
        text = ", ".join(str(item) for item in value[:8])
        return text + (f" and {len(value) - 8} more" if len(value) > 8 else "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def describe(thing: str) -> dict[str, Any]:
    """Return what ``thing`` is as plain values; the first, ``kind``, says which.

    Raises:
        TuskError: if it is nothing this program knows.
    """
    from tusk_core.nn.model_files import SETTINGS, WEIGHTS
    from tusk_core.resources import bundled_models
    from tusk_core.runs.folder import is_run

    path = Path(thing).expanduser()
    try:
        if is_run(path):
            return _run_facts(path)
        if path.is_dir() and (path / WEIGHTS).is_file():
            return _model_facts(path)
        if path.is_file() and path.name in {WEIGHTS, SETTINGS}:
            return _model_facts(path.parent)
        if path.is_file() and path.suffix.lower() in {".h5", ".hdf5", ".npz"}:
            return _results_facts(path)
        exists = path.exists()
    except (OSError, ValueError):
        exists = False
    bundled = bundled_models()
    if not exists and thing in bundled:
        return _model_facts(bundled[thing])
    return _source_facts(thing)


def _run_facts(path: Path) -> dict[str, Any]:
    from tusk_core.commands.terminal import duration
    from tusk_core.runs.folder import read_run

    run = read_run(path)
    return {
        "kind": "run",
        "name": run.name,
        "path": str(run.path),
        "status": run.status,
        "problem": run.problem,
        "step": run.step,
        "total_steps": run.total_steps,
        "started": run.started,
        "training_time": duration(run.elapsed),
        "preset": run.preset,
        "source": run.source,
        "checkpoints": list(run.checkpoints),
        "best_step": run.best_step,
    }


def _model_facts(path: Path) -> dict[str, Any]:
    from tusk_core.nn.model_files import load_model

    model, meta = load_model(path)
    config = meta.config
    used = sum(share > 0.2 / len(meta.usage) for share in meta.usage)
    return {
        "kind": "model",
        "name": meta.name,
        "path": str(path),
        "step": meta.step,
        "preset": config.preset,
        "source": config.data.source,
        "picture_size": f"{config.data.width} × {config.data.height}, {config.data.channels} "
        f"channel{'s' * (config.data.channels > 1)}, {config.data.fit}",
        "num_keypoints": config.keypoints.num_keypoints,
        "num_prototypes": config.prototypes.num_prototypes,
        "num_prototypes_in_use": used,
        "num_features": config.encoder.num_features,
        "decoder": f"{config.decoder.kind}, {config.decoder.blend}, background "
        f"{config.decoder.background}",
        "num_parameters": sum(p.numel() for p in model.parameters()),
        "fingerprint": meta.fingerprint,
    }


def _results_facts(path: Path) -> dict[str, Any]:
    from tusk_core.inference.analysis import read_analysis

    analysis = read_analysis(path)
    return {
        "kind": "results",
        "path": str(path),
        "source": analysis.source,
        "num_pictures": len(analysis.picture_names),
        "num_detections": len(analysis.scores),
        "num_prototypes": len(analysis.prototypes),
        "num_prototypes_in_use": len(set(analysis.labels.tolist())),
        "class_names": list(analysis.class_names),
        "model_fingerprint": analysis.model_fingerprint,
    }


def _source_facts(thing: str) -> dict[str, Any]:
    from tusk_core import api

    found = api.summarise_source(thing)
    return {
        "kind": found.kind,
        "source": found.source,
        "num_pictures": found.num_pictures,
        "sizes": [f"{w} × {h} ({count})" for w, h, count in found.sizes],
        "grey_share": round(found.grey_share, 3),
        "frames_per_second": found.frames_per_second or None,
        "has_ground_truth": found.has_ground_truth,
        "num_duplicates": len(found.duplicates),
        "num_unreadable": len(found.unreadable),
        "unreadable": [f"{item.path}: {item.reason}" for item in found.unreadable],
    }
