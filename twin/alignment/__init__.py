"""Alignment: which territory serves which area, how many reps there are, and where."""
