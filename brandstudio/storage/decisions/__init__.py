"""Append-only rows: decisions with their hash chain, and the audit log."""
