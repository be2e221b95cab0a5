"""What is open, selected and named; observable, without widgets."""
