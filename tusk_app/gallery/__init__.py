"""The prototypes and the patches of each."""
