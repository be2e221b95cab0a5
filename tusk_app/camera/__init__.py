"""Cameras and their stand-ins, live detection and recording."""
