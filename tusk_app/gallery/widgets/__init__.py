"""Widgets of the gallery: plain values in, signals out."""
