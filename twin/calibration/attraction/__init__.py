"""Attraction: what moves the shares of all brands where rivals are seen."""
