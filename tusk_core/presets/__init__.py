"""Bundled settings, one TOML file each."""
