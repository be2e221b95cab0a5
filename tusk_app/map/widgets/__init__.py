"""Widgets of the map: plain values in, signals out."""
