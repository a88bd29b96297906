"""The shelf: immutable versions, and exports."""
