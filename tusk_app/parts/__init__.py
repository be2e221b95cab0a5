"""Small widgets and the look; nothing here knows a feature."""
