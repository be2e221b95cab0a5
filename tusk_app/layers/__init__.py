"""The reconstruction and its layers."""
