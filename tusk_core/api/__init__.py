"""The door between the engine and its clients (window, command line, notebooks).

Signatures use only config, control, events, results and numpy; torch and OpenCV are imported
inside the functions, so that a window can open before torch has loaded. Each module beside this
one is a part of the door; import everything from here.
"""

from tusk_core.api.detecting import (
    analyse,
    check_embedding,
    detect,
    embed,
    merge_steps,
    rebuild,
    save_embedding,
    suggest_merges,
)
from tusk_core.api.evaluating import (
    evaluate,
    evaluation_protocols,
    load_report,
    report_text,
    save_report,
)
from tusk_core.api.exporting import (
    check_export,
    export_analysis,
    export_formats,
    export_model,
    format_for,
    model_formats,
    write_overlays,
)
from tusk_core.api.opening import (
    describe,
    ground_truth,
    has_ground_truth,
    make_sample_data,
    open_analysis,
    open_predictor,
    open_source,
    read_names,
    record_camera,
    summarise_source,
)
from tusk_core.api.training import (
    estimate,
    fine_tune,
    follow_events,
    is_run,
    list_devices,
    list_runs,
    read_run,
    resume,
    train,
)
from tusk_core.interfaces import OpenedSource, PictureSource, Predictor

__all__ = [
    "OpenedSource",
    "PictureSource",
    "Predictor",
    "analyse",
    "check_embedding",
    "check_export",
    "describe",
    "detect",
    "embed",
    "estimate",
    "evaluate",
    "evaluation_protocols",
    "export_analysis",
    "export_formats",
    "export_model",
    "fine_tune",
    "follow_events",
    "format_for",
    "ground_truth",
    "has_ground_truth",
    "is_run",
    "list_devices",
    "list_runs",
    "load_report",
    "make_sample_data",
    "merge_steps",
    "model_formats",
    "open_analysis",
    "open_predictor",
    "open_source",
    "read_names",
    "read_run",
    "rebuild",
    "record_camera",
    "report_text",
    "resume",
    "save_embedding",
    "save_report",
    "suggest_merges",
    "summarise_source",
    "train",
    "write_overlays",
]
