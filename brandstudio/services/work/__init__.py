"""What a worker does: take tasks, draw, score and rank, and report."""
