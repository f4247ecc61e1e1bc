"""The schema, one step for each release that changed it."""

HEAD = "0006"
"""The newest step; a test holds it against the files in versions/."""
