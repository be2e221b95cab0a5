"""Pictures, videos, data sets and generators."""
