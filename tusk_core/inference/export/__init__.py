"""Writing detections and models in the formats of other programs, one file a format."""

from tusk_core.inference.export.registry import (
    FORMATS,
    ExportFormat,
    check_export,
    format_for,
    write_export,
)

__all__ = ["FORMATS", "ExportFormat", "check_export", "format_for", "write_export"]
