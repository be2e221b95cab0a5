"""Widgets of the comparison: plain values in, signals out."""
