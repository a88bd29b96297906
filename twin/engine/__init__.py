"""The engine: one week of a whole population, compiled, with a NumPy twin of every pass."""
