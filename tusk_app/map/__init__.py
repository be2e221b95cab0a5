"""Descriptors as points in a plane."""
