"""Drawn product scenes: pictures, control maps and captions that follow from the same factors.

Needs skia-python, an optional extra: the studio runs without it.
"""
