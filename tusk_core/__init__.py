"""The TUSK engine: the whole method, usable without a window."""

__version__ = "0.1.0"
