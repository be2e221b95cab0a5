"""Individuals over time: bodies of a frame, tracks of bodies, corrections; numpy only, no torch."""
