"""Scores for ranking: what a CLIP model sees, and what can be measured in the pixels."""
