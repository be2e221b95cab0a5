"""Runs on disk: their layout, their lock and their description."""
