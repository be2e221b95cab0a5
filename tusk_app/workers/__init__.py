"""Objects that live in other threads or processes."""
