"""Requests to the engine and what came back, shared by the features."""
