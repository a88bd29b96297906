"""Who acts: the Mesa model, the customer crowd, reps and competitors."""
