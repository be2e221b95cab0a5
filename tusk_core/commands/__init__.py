"""The commands, one file each; nothing here imports torch before a command runs."""
