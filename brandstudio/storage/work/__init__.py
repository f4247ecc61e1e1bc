"""Rows of runs and variants, the queue, leases and workers."""
