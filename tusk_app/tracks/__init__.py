"""Individuals over time: who is where when, and corrections by hand."""
