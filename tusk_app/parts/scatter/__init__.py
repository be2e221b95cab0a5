"""A plane with up to a million points, and the lasso on it."""
