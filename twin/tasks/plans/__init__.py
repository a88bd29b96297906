"""Plans: visit plans made, edited, made again, and set against what was done."""
