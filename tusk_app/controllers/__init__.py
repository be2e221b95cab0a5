"""GUI-thread owners of threads and jobs."""
