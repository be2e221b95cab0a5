"""The TUSK window."""
