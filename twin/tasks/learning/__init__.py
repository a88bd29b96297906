"""Learning: calibrations, what they rest on, and how forecasts of the past fared."""
