"""Kinds that recur in the open pictures: found without training, kept, named, trained from."""
