"""What we learned: from history to weighted parameter draws."""
