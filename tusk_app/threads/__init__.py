"""Workers, jobs and newest-wins mailboxes; no feature makes a thread by hand."""
