"""Health: whether a calibration can be trusted, and what moved since the last one."""
