"""Widgets of the training panels: plain values in, signals out."""
