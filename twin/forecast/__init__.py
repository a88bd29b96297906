"""What comes: ensembles, forecasts and paired comparisons."""
