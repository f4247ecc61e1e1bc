"""The schema, one step for each release that changed it."""

HEAD = "0005"
"""The newest step; a test holds it against the files in versions/."""
