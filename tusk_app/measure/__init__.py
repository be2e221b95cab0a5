"""Measurements of the window for `tusk bench ui`."""
