"""Tables hold constraints, not behaviour; rows stay inside storage/.

Whoever imports one table has them all, so that `Base.metadata` is never half a database.
"""

from brandstudio.storage.tables import decisions, packs, people, runs, uploads, workers

__all__ = ["decisions", "packs", "people", "runs", "uploads", "workers"]
