"""What the studio promises when things go wrong, measured: one module for each part."""
