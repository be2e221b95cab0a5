"""Widgets of the camera panel: plain values in, signals out."""
