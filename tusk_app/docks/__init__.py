"""Dock panels: bind controllers and models to widgets."""
