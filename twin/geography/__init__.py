"""Where: distances, neighbours, alignment of areas to territories."""
