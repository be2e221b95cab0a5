"""Widgets that only the window uses."""
