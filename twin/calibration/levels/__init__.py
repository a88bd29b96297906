"""Levels: how much each brand sells where, how it drifts, and the noise about it."""
