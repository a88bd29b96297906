"""Field force: the best call plan, map of territories and number of reps."""
