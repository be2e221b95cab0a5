"""The dialog that starts or resumes a run."""
