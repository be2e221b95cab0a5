"""The picture and what is drawn on it: binding, edits by hand, inspector and overlay."""
