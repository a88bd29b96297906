"""Simulation step: what cannot be seen directly, learned from histories that the twin makes."""
