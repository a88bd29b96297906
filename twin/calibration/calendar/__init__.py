"""Calendar: the natural season, and the campaigns of competitors told apart from it."""
