"""Reusable widgets on plain values."""
