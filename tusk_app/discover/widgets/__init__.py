"""The cards of the kinds."""
