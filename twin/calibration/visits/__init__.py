"""Visits: what a contact does, whom reps visit, and the goodwill that past contacts left."""
