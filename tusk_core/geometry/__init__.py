"""Geometry without parameters: grids and warps."""
