"""Widgets of the reconstruction: plain values in, signals out."""
