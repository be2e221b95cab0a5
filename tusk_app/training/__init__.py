"""Runs: starting, following, comparing, resuming, exporting."""
