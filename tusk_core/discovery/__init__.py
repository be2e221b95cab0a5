"""Kinds of place that recur in pictures, found without training from frozen features.

``clusters`` cuts them into kinds,
``blobs`` says where each kind is, ``ranking`` which kinds are things rather than scenery,
``proposals`` what settings the data asks for, ``steering`` what a person said about kinds, and
``run`` does it all, reporting as it goes.
"""
