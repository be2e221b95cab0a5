"""Widgets of the evaluation: plain values in, signals out."""
