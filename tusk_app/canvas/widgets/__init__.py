"""Widgets of the canvas: plain values in, signals out."""
