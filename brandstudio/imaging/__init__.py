"""Everything that touches tensors; the only importer of torch, diffusers, peft and open_clip."""

import os

# Threads that wait for each other by spinning make a shared processor five times slower: 3.2 s
# instead of 0.6 s for one step of one image. OpenMP reads this when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
