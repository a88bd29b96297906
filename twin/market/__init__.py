"""What there is: frozen nouns, and synthetic worlds."""
