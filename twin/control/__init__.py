"""What to watch: what was done against what was planned, what came against what was expected, why, and what to do."""
