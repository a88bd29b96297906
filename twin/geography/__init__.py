"""Where: distances, neighbours, borders, outlines."""
