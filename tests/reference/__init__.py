"""Reference: the weekly law written a second time, one object a customer, to check and to time the engine."""
