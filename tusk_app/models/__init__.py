"""Observable state shared by the panels."""
