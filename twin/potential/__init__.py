"""Who they are and what they could buy."""
