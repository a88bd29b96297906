"""Service: jobs and their queue, the dashboard's process, who may sign in, what is due."""
