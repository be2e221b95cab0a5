"""What a path, a name or a source is: run, model, results file or pictures; as plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tusk_core.data.source import summarise
from tusk_core.inference.analysis import read_analysis
from tusk_core.nn.model_files import SETTINGS, WEIGHTS, load_model
from tusk_core.resources import bundled_models
from tusk_core.runs.folder import is_run, read_run

RESULTS_ENDINGS = frozenset({".h5", ".hdf5", ".npz"})
# A prototype with less than this part of an even share counts as unused.
_USED_PART = 0.2


def describe(thing: str) -> dict[str, Any]:
    """Return what ``thing`` is as plain values; the first, ``kind``, says which.

    Raises:
        TuskError: if it is nothing this program knows.
    """
    path = Path(thing).expanduser()
    try:
        if is_run(path):
            return _run_facts(path)
        if path.is_dir() and (path / WEIGHTS).is_file():
            return _model_facts(path)
        if path.is_file() and path.name in {WEIGHTS, SETTINGS}:
            return _model_facts(path.parent)
        if path.is_file() and path.suffix.lower() in RESULTS_ENDINGS:
            return _results_facts(path)
        exists = path.exists()
    except (OSError, ValueError):
        exists = False
    bundled = bundled_models()
    if not exists and thing in bundled:
        return _model_facts(bundled[thing])
    return _source_facts(thing)


def _run_facts(path: Path) -> dict[str, Any]:
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
        "training_seconds": run.elapsed,
        "preset": run.preset,
        "source": run.source,
        "checkpoints": list(run.checkpoints),
        "best_step": run.best_step,
        **({} if run.sorting is None else {"sorts": run.sorting}),
    }


def _model_facts(path: Path) -> dict[str, Any]:
    model, meta = load_model(path)
    config = meta.config
    used = sum(share > _USED_PART / len(meta.usage) for share in meta.usage)
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
    found = summarise(thing)
    return {
        "kind": found.kind,
        "source": found.source,
        "num_pictures": found.num_pictures,
        "sizes": [f"{w} × {h} ({count})" for w, h, count in found.sizes],
        "grey_share": round(found.grey_share, 3),
        "black_and_white": found.brightness and [f"{value:g}" for value in found.brightness],
        "frames_per_second": found.frames_per_second or None,
        "has_ground_truth": found.has_ground_truth,
        "notes": list(found.notes),
        "num_duplicates": len(found.duplicates),
        "num_unreadable": len(found.unreadable),
        "unreadable": [f"{item.path}: {item.reason}" for item in found.unreadable],
    }
