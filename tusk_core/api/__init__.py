"""The door between the engine and its clients (window, command line, notebooks).

Signatures use only config, control, events, results and numpy; torch and OpenCV are imported
inside the functions, so that a window can open before torch has loaded. Each module beside this
one is a part of the door; import everything from here.
"""

from tusk_core.api.detecting import analyse, embed, merge_steps, suggest_merges
from tusk_core.api.evaluating import (
    evaluate,
    evaluation_protocols,
    load_report,
    report_text,
    save_report,
)
from tusk_core.api.exporting import export_analysis, export_formats, export_model, model_formats
from tusk_core.api.opening import (
    ground_truth,
    has_ground_truth,
    make_sample_data,
    open_analysis,
    open_predictor,
    open_source,
    summarise_source,
)
from tusk_core.api.training import (
    estimate,
    fine_tune,
    follow_events,
    list_devices,
    list_runs,
    read_run,
    resume,
    train,
)
from tusk_core.interfaces import PictureSource, Predictor

__all__ = [
    "PictureSource",
    "Predictor",
    "analyse",
    "embed",
    "estimate",
    "evaluate",
    "evaluation_protocols",
    "export_analysis",
    "export_formats",
    "export_model",
    "fine_tune",
    "follow_events",
    "ground_truth",
    "has_ground_truth",
    "list_devices",
    "list_runs",
    "load_report",
    "make_sample_data",
    "merge_steps",
    "model_formats",
    "open_analysis",
    "open_predictor",
    "open_source",
    "read_run",
    "report_text",
    "resume",
    "save_report",
    "suggest_merges",
    "summarise_source",
    "train",
]
