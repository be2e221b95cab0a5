"""Widgets of the time line: plain values in, signals out."""
