"""Forecasts: scenario files, forecasts of them, and how they compare."""
