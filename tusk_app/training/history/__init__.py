"""The time machine: what a run saw earlier."""
