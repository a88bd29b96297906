"""Terminal: what the command line is told, and what it says to a person at a terminal."""
