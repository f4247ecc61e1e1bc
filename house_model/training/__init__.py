"""Training of the house model, one resumable stage at a time."""
