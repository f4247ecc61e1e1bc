"""Trains the house model: a small diffusion family, whose weights ship in `brandstudio/weights`.

The studio imports nothing of this package; it loads the weights like any other checkpoint.
"""
