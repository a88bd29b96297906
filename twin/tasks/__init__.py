"""The verbs that the command line and the dashboard share."""
