"""Privacy: consent, erasure, pseudonyms, and who was handed what."""
