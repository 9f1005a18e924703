"""Recomputes the numbers of captions with NumPy from what the loggers' own readers read."""
