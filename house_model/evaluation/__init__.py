"""Figures about the shipped weights, each with the value it must reach, and sheets to look at."""
