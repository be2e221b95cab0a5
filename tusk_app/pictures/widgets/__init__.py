"""Widgets that only the list of pictures uses."""
