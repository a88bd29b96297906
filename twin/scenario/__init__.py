"""What if: the grammar of scenarios."""
