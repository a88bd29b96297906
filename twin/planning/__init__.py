"""What to do: dated visits."""
