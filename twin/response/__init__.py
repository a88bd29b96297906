"""How demand reacts: the one definition."""
