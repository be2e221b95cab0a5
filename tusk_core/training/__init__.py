"""The loop, the run folder and the checkpoints."""
