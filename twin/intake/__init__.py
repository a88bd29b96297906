"""Files in: tables, checks, identity, and their assembly into a World."""
